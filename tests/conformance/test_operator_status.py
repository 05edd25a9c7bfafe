"""When and what the operator writes into the status: only changes, and nothing that it does not know."""

from __future__ import annotations

import functools

from smkube.kinds import BY_NAME, JOBS, TRAINING_JOB, TUNING_JOB
from tests.conformance.operator_scene import Object, Scene, condition, generated, status


def test_an_idle_job_costs_no_write_and_no_describe(scene: Scene) -> None:
    """While nothing changes, polls of the change feed lead to no write, and to no Describe."""
    over, idle = scene.name("over"), scene.name("idle")
    scene.long(idle)
    for kind in JOBS:
        scene.create(kind, over)
        scene.create(kind, idle)
    for kind in JOBS:
        scene.until_word(kind, over, "Completed")
        scene.until_word(kind, idle, "InProgress")
    for kind in JOBS:
        scene.until(kind, idle, under_way, "the job to be under way")
    before = [scene.get(kind, name) for kind in JOBS for name in (over, idle)]
    described = [len(scene.requests(kind.api.describe)) for kind in JOBS]

    scene.polls(JOBS, 2)

    assert [scene.get(kind, name) for kind in JOBS for name in (over, idle)] == before
    assert [len(scene.requests(kind.api.describe)) for kind in JOBS] == described


def under_way(obj: Object) -> bool:
    """Whether a job of long phases has nothing new to show for now."""
    shown = status(obj)
    if obj["kind"] == TRAINING_JOB.name:
        return shown.get("secondaryStatus") == "Training"
    if obj["kind"] == TUNING_JOB.name:
        return bool((shown.get("trainingJobStatusCounters") or {}).get("inProgress") == 2)
    return shown.get(BY_NAME[obj["kind"]].status_word) == "InProgress"


def test_a_running_job_is_followed_without_a_describe_per_poll(scene: Scene) -> None:
    """From its creation to its end a job costs no more Describes than it has secondary statuses."""
    name = scene.name("cheap")
    scene.create(TRAINING_JOB, name)

    scene.until_word(TRAINING_JOB, name, "Completed")

    assert 1 <= len(scene.requests("DescribeTrainingJob")) <= 6


WORDS = {"a": ("Deleting", "Training"), "b": ("Hibernating", "DeepSleep"), "c": ("InProgress", "Recharging")}
"""Statuses and secondary statuses that AWS invented after the original was written, or may invent."""


def test_words_nobody_knows_do_not_end_the_follow(scene: Scene) -> None:
    """A status or secondary status that AWS invented since is shown as it is, is no outcome, and following goes on."""
    jobs = {}
    for stem, shown in WORDS.items():
        name = scene.name(stem)
        scene.long(name)
        jobs[name] = generated(scene.create(TRAINING_JOB, name)), shown
    for name in jobs:
        scene.until_word(TRAINING_JOB, name, "InProgress")

    for job, (word, secondary) in jobs.values():
        scene.control.show_job(job, word, secondary, region=scene.region)

    for name, (job, expected) in jobs.items():
        what = f"{expected} to be shown"
        obj = scene.until(TRAINING_JOB, name, functools.partial(shows, expected), what)
        assert condition(obj, "Succeeded")["status"] == "Unknown"
        assert condition(obj, "Stalled")["status"] == "False"
        scene.control.end_job(job, region=scene.region)
    for name in jobs:
        assert condition(scene.until_word(TRAINING_JOB, name, "Completed"), "Succeeded")["status"] == "True"


def test_an_unknown_word_of_any_job_does_not_end_the_follow(scene: Scene) -> None:
    """The same holds for all kinds: an unknown status is shown and the job followed to its end."""
    name = scene.name("odd")
    scene.long(name)
    kinds = [kind for kind in JOBS if kind is not TRAINING_JOB]
    jobs = {kind: generated(scene.create(kind, name)) for kind in kinds}
    for kind in kinds:
        scene.until_word(kind, name, "InProgress")
        scene.control.show_job(jobs[kind], "Levitating", region=scene.region)

    for kind in kinds:
        scene.until_word(kind, name, "Levitating")
        scene.control.end_job(jobs[kind], "Failed", "ClientError: gravity", region=scene.region)
    for kind in kinds:
        assert scene.until_word(kind, name, "Failed")["additional"] == "ClientError: gravity"


def test_a_list_that_knows_no_secondary_status_is_enough(scene: Scene) -> None:
    """AWS does not promise SecondaryStatus in List answers: without it the job is followed all the same."""
    name = scene.name("bare")
    scene.control.settings(omit=["SecondaryStatus"])
    try:
        scene.create(TRAINING_JOB, name)
        shown = scene.until_word(TRAINING_JOB, name, "Completed")
    finally:
        scene.control.settings(omit=[])

    assert shown["secondaryStatus"] == "Completed"


def shows(expected: tuple[str, str], obj: Object) -> bool:
    """Whether a TrainingJob shows this status and secondary status."""
    return expected == (status(obj).get("trainingJobStatus"), status(obj).get("secondaryStatus"))
