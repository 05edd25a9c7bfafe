"""Imports one module of a foreign package without the heavy ones beside it.

While it is imported, empty modules stand in the place of those that it names but that are not needed; afterwards they
are taken away, and an ordinary import finds nothing of them. What was imported this way must be left alone with what it
lacks: its users say which those are, and tests that nothing else is missing.

Two threads may do this at the same time for different packages; for one package, its user has a lock.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Collection, Iterator, Mapping
from types import ModuleType


@contextlib.contextmanager
def placeholders(
    empty: Mapping[str, Mapping[str, object]],
    *,
    packages: Collection[str] = (),
    missing: Collection[str] = (),
    forget: Collection[str] = (),
) -> Iterator[dict[str, ModuleType]]:
    """Put placeholders among the imported modules for as long as the block runs.

    Args:
        empty: full names of modules, each with what is asked of it; those imported already stay as they are.
        packages: full names of packages whose modules can be imported, but whose own `__init__` does not run.
        missing: full names of modules that are to be found missing.
        forget: what the block imports of these packages and modules is forgotten, so that it is imported afresh later.

    Yields:
        The placeholders of `packages`, by name.

    Raises:
        ImportError: one of `packages` is not installed.
    """
    before = set(sys.modules)
    try:
        for name, attributes in empty.items():
            if name not in before:
                sys.modules[name] = _empty(name, attributes)
        for name in missing:
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # what an import fails on
        yield {name: _package(name) for name in packages}
    finally:
        gone = {*empty, *missing, *packages, *forget}
        # A list, since other threads may be importing.
        for name in list(sys.modules):
            if name not in before and (name in gone or any(name.startswith(f"{parent}.") for parent in forget)):
                del sys.modules[name]


def _empty(name: str, attributes: Mapping[str, object]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = []
    vars(module).update(attributes)
    return module


def _package(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ImportError(name)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    return module
