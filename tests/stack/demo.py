"""The demo: one story from an empty cluster to a stopped job, each step checked and told in a line.

A step that is not as it should be ends the story at once with StackError, which names the step's reason.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.stack.errors import StackError
from tests.stack.narrator import Narrator
from tests.stack.stack import Stack
from tests.stack.waiting import until

MANIFESTS = Path(__file__).with_name("manifests")
TRAINING, TRANSFORM, LONG = "demo-training", "demo-transform", "demo-long"
MODEL = "demo-model"
STANDIN_FLAGS = ("--preload-models", MODEL, "--phase", "training=8", "transforming=8", "--log-rate", "4")
SHOWN_LINES = 6
"""Log lines shown of each job; all are counted."""


def play(stack: Stack, tell: Narrator) -> None:
    """Play the story.

    Raises:
        StackError: a step went wrong.
    """
    for start in (stack.cluster.start, stack.start_standin, stack.install, stack.start_operator):
        tell.step(start())
    stack.write_environment()
    _rights(stack, tell)
    _apply(stack, tell)
    with _statuses(stack, tell):
        _logs(stack, tell, "TrainingJob", TRAINING, hosts=2)
        _logs(stack, tell, "BatchTransformJob", TRANSFORM, hosts=1)
    _completed(stack, tell)
    _delete_running(stack, tell)
    counts = stack.control.requests()["counts"]
    creates = sum(sum(outcomes.values()) for name, outcomes in counts.items() if ".Create" in name)
    tell.step(f"three jobs, {creates} Create calls: nothing was created twice")
    if creates != 3:
        raise StackError(f"3 Create calls were expected: {counts}")


def _rights(stack: Stack, tell: Narrator) -> None:
    """RBAC must really hold the operator."""
    config = str(stack.folder / "operator.kubeconfig")
    answers = {
        what: stack.run(["kubectl", "--kubeconfig", config, "auth", "can-i", *what.split()]).stdout.strip()
        for what in ("patch trainingjobs/status.sagemaker.aws.amazon.com", "get secrets")
    }
    if list(answers.values()) != ["yes", "no"]:
        raise StackError(f"the operator's rights are not as they should be: {answers}")
    tell.step("RBAC holds: the operator may write statuses and may not read Secrets")


def _apply(stack: Stack, tell: Narrator) -> None:
    for name in ("training.yaml", "transform.yaml"):
        tell.command(f"kubectl apply -f {name}")
        tell.output(stack.kubectl("apply", "-f", str(MANIFESTS / name)))
    tell.step("a TrainingJob with two instances and a BatchTransformJob are applied")


@contextlib.contextmanager
def _statuses(stack: Stack, tell: Narrator) -> Iterator[None]:
    """Show `kubectl get` whenever what it says changes, for as long as the block runs."""
    over, seen = threading.Event(), [""]

    def look() -> None:
        while not over.wait(0.4):
            shown = stack.kubectl("get", "trainingjob,batchtransformjob", check=False)
            if shown != seen[0]:
                seen[0] = shown
                tell.output(shown, title="kubectl get trainingjob,batchtransformjob")

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _logs(stack: Stack, tell: Narrator, kind: str, name: str, *, hosts: int) -> None:
    """Follow a job's log through kubectl's plugin mechanism until the job is over."""
    tell.command(f"kubectl smlogs {kind} {name} -f")
    child = subprocess.Popen(
        [str(stack.cluster.kubectl_path), "smlogs", kind, name, "-f"],
        env=stack.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    errors: list[str] = []
    reader = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=[child.stderr], daemon=True)
    reader.start()
    lines, streams = [], set()
    for line in child.stdout:
        lines.append(line)
        streams.add(line.split(" ", 1)[0])
        if len(lines) <= SHOWN_LINES:
            tell.output(line)
        elif len(lines) == SHOWN_LINES + 1:
            tell.output("...")
    code = child.wait()
    reader.join()
    seen_hosts = {stream for stream in streams if not stream.endswith("/data-log")}
    if code != 0 or len(seen_hosts) != hosts:
        raise StackError(
            f"kubectl smlogs {kind} {name} -f ended with exit code {code} and {len(seen_hosts)} of {hosts} hosts; "
            f"it said: {''.join(errors).strip()}"
        )
    if len(lines) != len(set(lines)):
        raise StackError(f"kubectl smlogs {kind} {name} -f showed a line twice")
    told = f"{len(lines)} log lines of {hosts} host{'s' if hosts > 1 else ''}"
    tell.step(f"{told}, none twice; the follow ended with the job, exit code 0")


def _completed(stack: Stack, tell: Narrator) -> None:
    tell.command("kubectl get trainingjob,batchtransformjob")
    tell.output(stack.kubectl("get", "trainingjob,batchtransformjob"))
    training, transform = stack.get("trainingjob", TRAINING), stack.get("batchtransformjob", TRANSFORM)
    words = [(one or {}).get("status", {}) for one in (training, transform)]
    if (words[0].get("trainingJobStatus"), words[1].get("transformJobStatus")) != ("Completed", "Completed"):
        raise StackError(f"both jobs should be Completed: {words}")
    stack.kubectl("wait", "--for=condition=Succeeded", "--timeout=5s", f"trainingjob/{TRAINING}")
    tell.step(f"both are Completed; the model is at {words[0].get('modelPath')}")


def _delete_running(stack: Stack, tell: Narrator) -> None:
    """A deleted object stops its job, and is gone only when the job is over."""
    stack.control.rule(f"{LONG}*", phases={"training": "600"})
    manifest = (MANIFESTS / "training.yaml").read_text(encoding="utf-8").replace(TRAINING, LONG)
    stack.kubectl("apply", "-f", "-", stdin=manifest)
    name = until(lambda: _running(stack), f"{LONG} to be InProgress in Training")
    tell.command(f"kubectl delete trainingjob {LONG} --wait=false")
    tell.output(stack.kubectl("delete", "trainingjob", LONG, "--wait=false"))
    seen = _words_until_gone(lambda: _job(stack, name), lambda: stack.get("trainingjob", LONG))
    if seen[-1] != "Stopped":
        raise StackError(f"the job should have been Stopped before its object went; SageMaker's words were {seen}")
    tell.step(f"the running job was stopped ({' > '.join(seen)}), then the finalizer let the object go")


def _running(stack: Stack) -> str | None:
    status = (stack.get("trainingjob", LONG) or {}).get("status", {})
    in_training = status.get("secondaryStatus") == "Training"
    return str(status["sageMakerTrainingJobName"]) if in_training else None


def _job(stack: Stack, name: str) -> dict[str, Any]:
    return next(job for job in stack.control.jobs() if job["name"] == name)


def _words_until_gone(job: Callable[[], dict[str, Any]], obj: Callable[[], dict[str, Any] | None]) -> list[str]:
    seen: list[str] = []
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        there = obj() is not None
        word = str(job()["status"])
        if not seen or seen[-1] != word:
            seen.append(word)
        if not there:
            return seen
        time.sleep(0.2)
    raise StackError(f"the object did not go within 60 s; SageMaker's words were {json.dumps(seen)}")
