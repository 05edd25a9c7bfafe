"""The Argo CD health scripts, run by a Lua interpreter over objects of each kind in each state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import lupa.lua51
import pytest
import yaml

from smkube import kinds
from tests.conformance import states

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "argocd"
WITHHELD = ("string", "math", "io", "debug", "coroutine", "dofile", "loadfile")
"""What Argo CD does not give to scripts (argo-cd: util/lua/lua.go, without `useOpenLibs`)."""


def health(kind: kinds.Kind, obj: dict[str, Any]) -> dict[str, str]:
    """The answer of a kind's script, in a Lua as bare as Argo CD's."""
    lua: Any = lupa.lua51.LuaRuntime(unpack_returned_tuples=False)
    lua.execute("debug.setmetatable('', {})")
    for name in WITHHELD:
        lua.globals()[name] = None
    lua.globals()["obj"] = lua.table_from(obj, recursive=True)
    return dict(lua.execute((FOLDER / f"{kind.name}.lua").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("kind", "name"), states.all_states(), ids=lambda value: getattr(value, "name", value))
def test_argo_cd_shows_what_the_state_is(kind: kinds.Kind, name: str) -> None:
    """Each state has its health, and a message for people."""
    obj = states.reached(kind, name)

    found = health(kind, obj)

    assert found["status"] == states.STATES[name].argocd, (found, obj.get("status"))
    assert found["message"]


def test_a_failure_is_told_with_its_word_and_reason() -> None:
    """The message of a failed job has the status word and SageMaker's reason."""
    found = health(kinds.TRAINING_JOB, states.reached(kinds.TRAINING_JOB, "failed"))

    assert found == {"status": "Degraded", "message": "Failed: AlgorithmError: no"}


def test_an_object_of_another_operator_waits() -> None:
    """A status without conditions, as the Go operator left it, is no health yet."""
    obj = {"metadata": {"generation": 3}, "status": {"trainingJobStatus": "Completed"}}

    found = health(kinds.TRAINING_JOB, obj)

    assert found == {"status": "Progressing", "message": "Completed: Waits for the operator."}


@pytest.mark.parametrize("observed", [2, None])
def test_a_refusal_of_the_newest_spec_counts_at_once(observed: int | None) -> None:
    """A condition tells itself which spec it is about, even where the status as a whole lags behind."""
    stalled = {"type": "Stalled", "status": "True", "message": "no", "observedGeneration": 3}
    ready = {"type": "Ready", "status": "True", "message": "serves", "observedGeneration": 2}
    status: dict[str, Any] = {"endpointStatus": "InService", "conditions": [ready, stalled]}
    if observed is not None:
        status["observedGeneration"] = observed

    assert health(kinds.ALL[0], {"metadata": {"generation": 3}, "status": status})["status"] == "Degraded"
    assert health(kinds.ALL[0], {"metadata": {"generation": 4}, "status": status})["status"] == "Progressing"


def test_scripts_and_config_map_are_current() -> None:
    """What is in the folder is what the generator makes; the ConfigMap holds each script as it is."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    data = yaml.safe_load((FOLDER / "argocd-cm.yaml").read_text(encoding="utf-8"))["data"]

    assert (done.returncode, done.stderr) == (0, "")
    assert data == {
        f"resource.customizations.health.{kinds.GROUP}_{kind.name}": (FOLDER / f"{kind.name}.lua").read_text(
            encoding="utf-8"
        )
        for kind in kinds.ALL
    }
    assert {path.stem for path in FOLDER.glob("*.lua")} == {"template", *(kind.name for kind in kinds.ALL)}
