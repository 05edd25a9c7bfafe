"""ProcessingJobs: what is theirs alone beside the life that all jobs lead."""

from __future__ import annotations

from smkube.kinds import PROCESSING_JOB
from tests.conformance.operator_scene import Object, Scene, condition, generated, request_of, status

KIND = PROCESSING_JOB
MESSAGE = "rows: 1204, dropped: 7"


def test_the_exit_message_is_reported(scene: Scene) -> None:
    """What the container said at its end is in the status, whether the job completed or failed, and in the reasons."""
    good, bad = scene.name("good"), scene.name("bad")
    scene.control.rule(f"{good}*", kind="processing", exit_message=MESSAGE)
    fail = {
        "reason": "AlgorithmError: exit code 3",
        "phase": "processing",
        "after": 0.1,
        "exit_message": "no such file",
    }
    scene.control.rule(f"{bad}*", kind="processing", fail=fail)
    for name in (good, bad):
        scene.create(KIND, name)

    shown = scene.until_word(KIND, good, "Completed")
    assert shown["exitMessage"] == MESSAGE
    assert condition(shown, "Succeeded")["status"] == "True"
    shown = scene.until_word(KIND, bad, "Failed")
    assert shown["exitMessage"] == "no such file"
    assert shown["additional"] == "AlgorithmError: exit code 3\nExit message: no such file"
    assert condition(shown, "Succeeded")["message"] == shown["additional"]
    scene.until_noted(bad, "Failed")
    assert any("no such file" in note for type_, _, note in scene.notes(bad) if type_ == "Warning")


def test_inputs_outputs_and_network_arrive(scene: Scene) -> None:
    """Inputs, outputs, arguments, network and limits arrive in the request as written, and the log is linked."""
    name = scene.name("whole")
    spec: Object = {
        "appSpecification": {
            "imageUri": "image:1",
            "containerEntrypoint": ["python3", "run.py"],
            "containerArguments": ["--rows", "7"],
        },
        "processingInputs": [
            {
                "inputName": "data",
                "s3Input": {
                    "s3Uri": "s3://bucket/in",
                    "localPath": "/opt/ml/processing/input",
                    "s3DataType": "S3Prefix",
                    "s3InputMode": "File",
                    "s3CompressionType": "None",
                    "s3DataDistributionType": "FullyReplicated",
                },
            }
        ],
        "processingOutputConfig": {
            "outputs": [
                {
                    "outputName": "result",
                    "s3Output": {
                        "s3Uri": "s3://bucket/out",
                        "localPath": "/opt/ml/processing/output",
                        "s3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "networkConfig": {"enableNetworkIsolation": True},
        "stoppingCondition": {"maxRuntimeInSeconds": 900},
    }
    made = scene.create(KIND, name, **spec)

    shown = status(scene.until(KIND, name, lambda obj: condition(obj, "Succeeded").get("status") == "True", "the end"))

    request = scene.job(generated(made))["request"]
    assert request["AppSpecification"] == request_of(spec["appSpecification"])
    assert request["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 900}
    (given,) = request["ProcessingInputs"]
    assert given["S3Input"] == request_of(spec["processingInputs"])[0]["S3Input"]
    (result,) = request["ProcessingOutputConfig"]["Outputs"]
    assert result["S3Output"]["S3UploadMode"] == "EndOfJob"
    assert shown["cloudWatchLogUrl"] == (
        f"https://{scene.region}.console.aws.amazon.com/cloudwatch/home?region={scene.region}#logStream:"
        f"group=/aws/sagemaker/ProcessingJobs;prefix={generated(made)};streamFilter=typeLogStreamPrefix"
    )


def test_an_edit_that_came_too_late_is_told_and_changes_nothing(scene: Scene) -> None:
    """Of an edit after the job was created the object says what is not followed; the job runs to its end, once."""
    name = scene.name("edited")
    scene.long(name)
    made = scene.create(KIND, name)
    scene.until_word(KIND, name, "InProgress")

    scene.edit_unseen(KIND, name, environment=[{"name": "MODE", "value": "slow"}])

    shown = scene.until_reason(KIND, name, "Stalled", "SpecChanged")
    assert "environment" in condition(shown, "Stalled")["message"]
    assert shown["processingJobStatus"] == "InProgress"
    scene.control.end_job(generated(made), region=scene.region)
    assert condition(scene.until_word(KIND, name, "Completed"), "Succeeded")["status"] == "True"
    assert len(scene.requests(KIND.api.create)) == 1
