"""How tests import the programs of `packaging/`, which is no package: each finds the modules beside it."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from tests.delivered.building import ROOT


def load(path: str) -> ModuleType:
    """A module of `packaging/` by its path there, `release/upload` for instance.

    It and those beside it are forgotten by Python afterwards: modules of other folders may have the same names.
    """
    folder = ROOT / "packaging" / path.rpartition("/")[0]
    beside = {file.stem for file in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in beside & sys.modules.keys()}
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(path.rpartition("/")[2])
    finally:
        sys.path.remove(str(folder))
        for name in beside & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(before)
