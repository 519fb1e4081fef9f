"""The command ``python -m detect``."""

import sys

from detect.cli import main

if __name__ == "__main__":
    sys.exit(main())
