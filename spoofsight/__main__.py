"""The command ``python -m spoofsight``."""

import sys

from spoofsight.cli import main

if __name__ == "__main__":
    sys.exit(main())
