"""The command ``python -m render``."""

import os
import sys

# As in the processes of --jobs. With more threads, BLAS adds in another order, and a pixel of a
# picture may differ. NumPy reads this once, when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from render.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
