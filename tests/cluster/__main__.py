"""Entry point of ``python -m tests.cluster``; it must do nothing but call `tests.cluster.cli.main`."""

import sys

from tests.cluster.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
