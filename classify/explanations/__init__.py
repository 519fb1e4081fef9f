"""Explanations of a verdict: Grad-CAM, occlusion, and a test of their faithfulness."""
