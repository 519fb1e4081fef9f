"""The command ``python -m classify``."""

import sys

from classify.cli import main

if __name__ == "__main__":
    sys.exit(main())
