"""Writes the Argo CD health scripts, one for each kind, and the ConfigMap patch that holds them all.

    python packaging/argocd/generate.py [--check]

The scripts differ in two words: the status field that people read, and the condition that says "as asked for".
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "operator"))

from smkube import kinds  # noqa: E402 - found by the line above, also without an installation

CONFIG_MAP = """\
# Health of the SageMaker kinds for Argo CD. Made by packaging/argocd/generate.py; edit template.lua.
#   kubectl patch configmap argocd-cm -n argocd --patch-file packaging/argocd/argocd-cm.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
  labels:
    app.kubernetes.io/name: argocd-cm
    app.kubernetes.io/part-of: argocd
data:
"""


def goal(kind: kinds.Kind) -> str:
    """The condition that says that an object is what it asks for."""
    return "Succeeded" if kind.family is kinds.Family.JOB else "Ready"


def script(kind: kinds.Kind) -> str:
    """The health script of a kind."""
    text = (FOLDER / "template.lua").read_text(encoding="utf-8")
    for name, value in (("@kind@", kind.name), ("@word@", kind.status_word), ("@goal@", goal(kind))):
        text = text.replace(name, value)
    return text


def config_map() -> str:
    """The patch of Argo CD's ConfigMap `argocd-cm`."""
    return CONFIG_MAP + "".join(_entry(kind) for kind in kinds.ALL)


def _entry(kind: kinds.Kind) -> str:
    body = "".join(f"    {line}".rstrip() + "\n" for line in script(kind).splitlines())
    return f"  resource.customizations.health.{kinds.GROUP}_{kind.name}: |\n{body}"


def generated() -> Iterator[tuple[Path, str]]:
    """Every file with its text."""
    for kind in kinds.ALL:
        yield FOLDER / f"{kind.name}.lua", script(kind)
    yield FOLDER / "argocd-cm.yaml", config_map()


def main(arguments: Sequence[str]) -> int:
    """Write what is not current, or with `--check` only tell; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the Argo CD health scripts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")
    check = parser.parse_args(arguments).check
    stale = [
        (path, text) for path, text in generated() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if check:
            sys.stderr.write(f"stale: {path}; run `python packaging/argocd/generate.py`\n")
        else:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
