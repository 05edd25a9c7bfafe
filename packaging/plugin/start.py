"""The first code of the frozen program: gives back the environment that PyInstaller changed, then runs the plugin.

PyInstaller points LD_LIBRARY_PATH to the libraries of this program. Programs that the plugin starts (a credential
helper of the kubeconfig, `aws`, a pager) must not find those.
"""

import os
import sys

DAMAGED = 1
INTERRUPTED = 130
"""As in kubectl_smlogs.exits, which may not be there to be imported."""


def restore_environment() -> None:
    """Undo what the bootloader set, so that programs started from here see the user's environment."""
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]
    if not sys.platform.startswith("linux"):
        return
    original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if os.environ.pop("KUBECTL_SMLOGS_LENT", None) and original is not None:
        # The launcher has put the program's own folder in front of what the user had.
        original = original.partition(":")[2] or None
    if original is not None:
        os.environ["LD_LIBRARY_PATH"] = original
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)


def run() -> int:
    """Run the plugin; the exit code."""
    restore_environment()
    try:
        from kubectl_smlogs.__main__ import main  # noqa: PLC0415 - with the user's environment, and interruptible

        return main()
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        # All modules are there when the program is made; cleaners of temporary folders take some away.
        folder = os.path.dirname(sys.executable)  # noqa: PTH120 - pathlib takes longer than the help
        sys.stderr.write(f"Error: {folder} is damaged ({error}): delete it, and it will be unpacked again.\n")
        return DAMAGED


if __name__ == "__main__":
    sys.exit(run())
