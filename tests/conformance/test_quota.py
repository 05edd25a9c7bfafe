"""Jobs that wait for instances: they are tried as soon as one of our own gives some back, in order."""

from __future__ import annotations

import time

from smkube.kinds import TRAINING_JOB
from tests.conformance.operator_scene import Scene, condition, generated

TYPE = "ml.p3.16xlarge"
QUOTA = f"{TYPE} for training job usage"
SOON = 8.0
"""Seconds: far below the first back-off of a refusal, which is 15 at least."""
CONFIG = {"instanceType": TYPE, "instanceCount": 1, "volumeSizeInGB": 1}


def test_who_waits_for_a_quota_is_tried_when_a_job_of_ours_ends(scene: Scene) -> None:
    """One instance for three objects: each is created once, one after the other, the oldest first, without a wait."""
    scene.control.settings(quotas={QUOTA: 1})
    first, *rest = (scene.name(f"quota-{number}") for number in range(3))
    scene.long("quota-")
    scene.create(TRAINING_JOB, first, resourceConfig=CONFIG)
    scene.until_word(TRAINING_JOB, first, "InProgress")
    for name in rest:
        scene.create(TRAINING_JOB, name, resourceConfig=CONFIG)
        seen = scene.until_reason(TRAINING_JOB, name, "Reconciling", "QuotaExceeded")
        told = condition(seen, "Reconciling")["message"]
        assert f"'{QUOTA}' is 1 Instances, with current utilization of 1 Instances and a request delta of 1" in told

    running = first
    for place, name in enumerate(rest):
        obj = scene.get(TRAINING_JOB, running)
        assert obj is not None
        began = time.monotonic()
        scene.control.end_job(generated(obj), "Completed", region=scene.region)
        scene.until_word(TRAINING_JOB, name, "InProgress")
        assert time.monotonic() - began < SOON
        assert all(
            condition(found["status"], "Reconciling")["reason"] == "QuotaExceeded"
            for found in map(scene.get, [TRAINING_JOB] * 3, rest[place + 1 :])
            if found is not None
        )
        running = name
    assert len([job for job in scene.jobs() if job["name"].startswith("quota-")]) == 3
