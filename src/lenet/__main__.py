"""`python -m lenet`, the same as the command `lenet`."""

import sys

from lenet.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
