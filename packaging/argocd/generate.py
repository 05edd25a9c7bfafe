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

from sagemaker_operator.crds import writing  # noqa: E402 - found by the line above, also without an installation
from smkube import kinds  # noqa: E402

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
    writing.add_check(parser)
    check = parser.parse_args(arguments).check
    return writing.write(dict(generated()), "python packaging/argocd/generate.py", check=check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
