"""A transform job whose `modelName` is the name of a Model object of its namespace."""

from __future__ import annotations

from smkube.kinds import BATCH_TRANSFORM_JOB, MODEL
from tests.conformance.operator_scene import Scene, condition, generated, status

KIND = BATCH_TRANSFORM_JOB


def test_a_transform_job_applied_before_its_model(scene: Scene) -> None:
    """The job waits for the Model and runs with SageMaker's name of it, however long AWS refuses to make that."""
    name = scene.name("early")
    scene.control.fault("error_before", "CreateModel", name=f"{name}*", code="AccessDeniedException", message="not you")
    scene.create(KIND, name, modelName=name)
    early = scene.until_reason(KIND, name, "Reconciling", "DependencyNotReady")
    assert "Could not find model" in early["additional"]

    model = scene.create(MODEL, name)

    scene.until_reason(MODEL, name, "Stalled", "AccessDenied")
    shown = scene.until(KIND, name, lambda obj: "not you" in status(obj).get("additional", ""), "the Model's trouble")
    assert f"Waits for the Model {scene.namespace}/{name} to be created in SageMaker." in status(shown)["additional"]
    assert condition(shown, "Stalled")["status"] == "False"
    assert condition(shown, "Succeeded")["status"] == "Unknown"
    scene.control.clear_faults()
    scene.edit(MODEL, name, enableNetworkIsolation=True)
    obj = scene.until(KIND, name, lambda obj: status(obj)["transformJobStatus"] == "Completed", "the job to complete")
    assert "additional" not in status(obj)
    assert scene.job(generated(obj))["request"]["ModelName"] == generated(model)


def test_the_object_counts_before_a_sagemaker_model_of_that_name(scene: Scene) -> None:
    """Where there are both, the Model object of the namespace is meant; without one, the SageMaker model."""
    name, plain = scene.name("both"), scene.name("plain")
    for each in (name, plain):
        scene.control.create_model(each, region=scene.region)
    model = scene.create(MODEL, name)
    scene.until_ready(MODEL, name)

    jobs = {each: scene.create(KIND, each, modelName=each) for each in (name, plain)}

    for each, expected in ((name, generated(model)), (plain, plain)):
        scene.until_word(KIND, each, "Completed")
        assert scene.job(generated(jobs[each]))["request"]["ModelName"] == expected


def test_the_model_may_go_or_change_while_the_job_runs(scene: Scene) -> None:
    """What a Model stood for when the job was created is noted: its deletion does not make the job differ."""
    name = scene.name("gone")
    scene.long(name)
    scene.create(MODEL, name)
    scene.until_ready(MODEL, name)
    made = scene.create(KIND, name, modelName=name)
    scene.until_word(KIND, name, "InProgress")
    scene.delete(MODEL, name)
    scene.until_gone(MODEL, name)

    edited = scene.edit(KIND, name, tags=[{"key": "team", "value": "blue"}])

    generation = edited["metadata"]["generation"]
    shown = scene.until(KIND, name, lambda obj: status(obj).get("observedGeneration") == generation, "the edit")
    assert status(shown)["transformJobStatus"] == "InProgress"
    assert condition(shown, "Stalled")["status"] == "False"
    scene.control.end_job(generated(made), region=scene.region)
    assert condition(scene.until_word(KIND, name, "Completed"), "Succeeded")["status"] == "True"
