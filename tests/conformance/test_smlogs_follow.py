"""Following what is old, much or many: where the reader of long logs hands over, and several logs at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kubectl_smlogs import exits
from smkube.kinds import TRAINING_JOB
from tests.conformance import smlogs_scene
from tests.conformance.smlogs_scene import Following, Scene

plane = smlogs_scene.plane
scene = smlogs_scene.scene_with_own_aws


def _bodies(text: str) -> list[str]:
    return [line.partition(" UTC ")[2] for line in text.splitlines()]


def _write_in_time(scene: Scene, stream: str, lines: list[str], *, offset: float, step: float) -> None:
    """Lines that could be read as soon as they were written."""
    moments = [offset + number * step for number in range(len(lines))]
    events = [{"message": line, "offset": at, "readable_in": at} for line, at in zip(lines, moments, strict=True)]
    scene.standin.put_logs(TRAINING_JOB.log_group, stream, events, region=scene.region)


def _shows(following: Following, lines: int) -> Callable[[], bool]:
    return lambda: following.stdout().count("\n") == lines


def _running_since(scene: Scene, name: str, seconds: float) -> None:
    began = datetime.now(UTC) - timedelta(seconds=seconds)
    scene.set_status(name, word="InProgress", startTime=began.isoformat(timespec="seconds"))


def test_a_long_log_is_followed_without_a_seam(scene: Scene) -> None:
    """Hours of a log, its last minutes and what comes are shown once each, whichever reader brings them."""
    scene.create("train", job="x")
    _running_since(scene, "train", 7200)
    old = [f"old {number}" for number in range(25_000)]
    _write_in_time(scene, "x/algo-1-1", old, offset=-7000.0, step=0.2)
    around = [f"around {number}" for number in range(400)]
    _write_in_time(scene, "x/algo-2-1", around, offset=-800.0, step=1.5)
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name")
    following.wait_for_output(" around 399\n")
    scene.write_logs("x/algo-1-1", ["new"], offset=-1.0)
    scene.write_logs("x/algo-2-1", ["late"], offset=-8.0)
    following.wait_for_output(" new\n")
    scene.set_status("train", word="Completed")
    assert following.end() == exits.OK
    shown = _bodies(following.stdout())
    assert sorted(shown) == sorted([*old, *around, "new", "late"])
    assert shown[: len(old)] == old
    assert "25,402 lines of 2 hosts, " in following.stderr()
    assert "no gaps\n" in following.stderr()


def test_the_last_lines_and_what_comes(scene: Scene) -> None:
    """With --tail and -f the last lines come first, then only new ones: none of the others, and none twice."""
    scene.create("train", job="x")
    _running_since(scene, "train", 60)
    stamp = (time.time_ns() // 1_000_000) - 3000
    same = [{"message": f"same {number}", "timestamp": stamp} for number in range(6)]
    scene.standin.put_logs(TRAINING_JOB.log_group, "x/algo-1-1", same, region=scene.region)
    scene.write_logs("x/algo-2-1", ["younger"], offset=-2.0)
    following = scene.follow("TrainingJob", "train", "--tail", "3", "--hide-log-stream-name")
    following.wait_for_output(" younger\n")
    scene.write_logs("x/algo-1-1", ["new"], offset=0.0)
    following.wait_for_output(" new\n")
    scene.set_status("train", word="Completed")
    assert following.end() == exits.OK
    assert _bodies(following.stdout()) == ["same 4", "same 5", "younger", "new"]


def test_several_jobs_at_once(scene: Scene) -> None:
    """Lines of all are shown as they come; one that fails and one that does not exist decide about the exit code."""
    for name in ("first", "second"):
        scene.create(name, job=f"job-{name}")
        _running_since(scene, name, 60)
        scene.write_logs(f"job-{name}/algo-1-1", [f"hello of {name}"], offset=-2.0)
    following = scene.follow("tj", "first", "second", "--hide-log-stream-name")
    following.wait_for_output("hello of first\n")
    following.wait_for_output("hello of second\n")
    scene.set_status("first", word="Completed")
    following.wait_for_notice('"first" in namespace')
    scene.write_logs("job-second/algo-1-1", ["still there"], offset=0.0)
    following.wait_for_output("still there\n")
    scene.set_status("second", word="Failed", additional="AlgorithmError")
    assert following.end() == exits.JOB_FAILED
    assert sorted(_bodies(following.stdout())) == ["hello of first", "hello of second", "still there"]
    assert "3 lines of 2 hosts" in following.stderr()
    done = scene.run("tj", "first", "missing", "--hide-log-stream-name")
    assert done.returncode == exits.NOT_FOUND
    assert _bodies(done.stdout) == ["hello of first"]
    assert '"missing" not found' in done.stderr


def test_ctrl_c_prints_the_receipt(scene: Scene) -> None:
    """Ctrl-C ends at once and says what was shown, of one job and of several."""
    for name in ("first", "second"):
        scene.create(name, job=f"job-{name}")
        _running_since(scene, name, 60)
        scene.write_logs(f"job-{name}/algo-1-1", ["hello"], offset=-2.0)
    for names, said in ((["first"], "1 line of 1 host"), (["first", "second"], "2 lines of 2 hosts")):
        following = scene.follow("tj", *names)
        following.wait_for(_shows(following, len(names)), "all lines")
        following.process.send_signal(signal.SIGINT)
        assert following.end() == exits.INTERRUPTED
        assert f"{said}, none late, no gaps; incomplete: interrupted\n" in following.stderr()
        assert "Traceback" not in following.stderr()
