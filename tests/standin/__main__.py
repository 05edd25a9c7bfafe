"""`python -m tests.standin`."""

from __future__ import annotations

import sys

from tests.standin.cli import main

sys.exit(main())
