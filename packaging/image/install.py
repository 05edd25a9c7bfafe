"""Installs the packages of requirements.lock for the image's machine, which may be another one than this.

Nothing is built: every package has to have a wheel for the machine, with the checksum that the lock names. So it takes
no compiler, and no emulation of the other machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""From the names of OCI to those in the names of wheels."""
_GLIBC = range(36, 16, -1)
"""Minor versions of glibc 2 that wheels may be made for: from Debian 12's down to PEP 599's."""


def main() -> int:
    """Run pip; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--machine", choices=MACHINES, required=True, help="TARGETARCH of the builder")
    parser.add_argument("--target", type=Path, required=True)
    wanted = parser.parse_args()
    machine = MACHINES[wanted.machine]
    tags = [*(f"manylinux_2_{minor}_{machine}" for minor in _GLIBC), f"manylinux2014_{machine}"]
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile", "--no-deps"),
        *("--disable-pip-version-check", "--root-user-action=ignore"),
        *("--require-hashes", "--only-binary=:all:", "--requirement", str(wanted.lock)),
        *("--implementation=cp", f"--python-version={sys.version_info.major}.{sys.version_info.minor}"),
        *(part for tag in tags for part in ("--platform", tag)),
        *("--target", str(wanted.target)),
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
