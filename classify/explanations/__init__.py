"""Why a picture was judged as it was: Grad-CAM, occlusion, and whether they can be believed."""
