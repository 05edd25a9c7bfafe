"""`kubectl smlogs` while AWS, the network, the credentials or the API server fail: complete output, nothing twice."""

from __future__ import annotations

import random
import time

from kubectl_smlogs import exits
from tests.conformance import smlogs_scene
from tests.conformance.smlogs_scene import Scene
from tests.standin.clients import client, training_request

OPERATION = "FilterLogEvents"


plane = smlogs_scene.plane
scene = smlogs_scene.scene_with_own_aws


def _bodies(text: str) -> list[str]:
    return [line.partition(" UTC ")[2] for line in text.splitlines()]


def test_storm_while_following(scene: Scene) -> None:
    """Throttles, 5xx, dropped connections, lost answers and empty pages together cost no line and double none."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress")
    scene.standin.fault("error_before", OPERATION, probability=0.25, code="ThrottlingException")
    scene.standin.fault("error_before", OPERATION, probability=0.1, code="ServiceUnavailableException", status=503)
    scene.standin.fault("drop", OPERATION, probability=0.1)
    scene.standin.fault("lose_answer", OPERATION, probability=0.1)
    scene.standin.fault("empty_page", OPERATION, probability=0.2)
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name")
    dice = random.Random(1)
    wanted = []
    for number in range(120):
        line = f"line {number}"
        wanted.append(line)
        scene.standin.put_logs(
            "/aws/sagemaker/TrainingJobs",
            f"x/algo-{number % 3 + 1}-1",
            [{"message": line, "offset": -dice.choice([0.0, 0.0, 3.0, 8.0]), "readable_in": dice.uniform(0, 3)}],
            region=scene.region,
        )
        scene.write_logs("x-2/algo-1-1", ["not ours"], offset=0.0)
        time.sleep(0.03)  # The writing host's own pace: lines come while the plugin reads.
    scene.set_status("train", word="Completed")
    assert following.end() == exits.OK, following.stderr()
    assert sorted(_bodies(following.stdout())) == sorted(wanted)
    assert scene.standin.count(f"logs.{OPERATION}", "ThrottlingException") > 0


def test_throttled_history(scene: Scene) -> None:
    """Without -f, throttles between the pages are borne, too."""
    scene.create("train", job="x")
    lines = [f"{number:05d}" for number in range(25_000)]
    scene.write_logs("x/algo-1-1", lines)
    scene.standin.fault("error_before", OPERATION, skip=1, count=2, code="ThrottlingException")
    done = scene.run("TrainingJob", "train", "--hide-log-stream-name")
    assert done.returncode == exits.OK, done.stderr
    assert _bodies(done.stdout) == lines


def test_refusal_in_the_middle_is_told_as_incomplete(scene: Scene) -> None:
    """When reading ends in the middle, what came is shown, and message and exit code say that lines are missing."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress")
    scene.write_logs("x/algo-1-1", ["before"], offset=-2.0)
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name")
    following.wait_for_output(" before\n")
    scene.standin.fault("error_before", OPERATION, code="AccessDeniedException", message="no longer")
    assert following.end() == exits.INCOMPLETE
    assert _bodies(following.stdout()) == ["before"]
    assert "1 line of 1 host, none late, no gaps; incomplete: " in following.stderr()
    assert "AccessDeniedException: no longer" in following.stderr()
    assert following.stderr().endswith("The output is incomplete.\n")


def test_rights_that_are_missing_cost_speed_only(scene: Scene) -> None:
    """With the right to search alone, a long log is read that way, and a notice tells why it takes longer."""
    scene.create("train", job="x")
    lines = [f"{number:05d}" for number in range(25_000)]
    scene.write_logs("x/algo-1-1", lines)
    for operation in ("GetLogEvents", "DescribeLogStreams"):
        scene.standin.fault("error_before", operation, code="AccessDeniedException", message="not you")
    done = scene.run("TrainingJob", "train", "--hide-log-stream-name")
    assert done.returncode == exits.OK, done.stderr
    assert _bodies(done.stdout) == lines
    assert "reading the log takes longer: AccessDeniedException: not you" in done.stderr


def test_credentials_that_expire_in_the_middle(scene: Scene) -> None:
    """Following takes fresh credentials from the file, after waiting for the job and in the middle of the log."""
    credentials = scene.folder / "credentials"

    def write(key: str) -> None:
        credentials.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=any\n", encoding="utf-8")

    write("AKIDFIRST")
    scene.standin.set_faults(credentials={"AKIDFIRST": "expired"})
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }
    scene.create("train")
    scene.write_logs("x/algo-1-1", ["before"], offset=-2.0)
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name", environment=environment)
    following.wait_for_notice("Waiting for")
    write("AKIDOLD")
    scene.set_status("train", word="InProgress", job="x")
    following.wait_for_output(" before\n")
    scene.standin.set_faults(credentials={"AKIDOLD": "expired"})
    following.wait_for_notice("ExpiredTokenException")
    scene.write_logs("x/algo-1-1", ["meanwhile"], offset=0.0)
    write("AKIDNEW")
    following.wait_for_output(" meanwhile\n")
    assert "works again" in following.stderr()
    scene.set_status("train", word="Completed")
    assert following.end() == exits.OK
    assert _bodies(following.stdout()) == ["before", "meanwhile"]


def test_credentials_of_the_environment_cannot_be_waited_for(scene: Scene) -> None:
    """Credentials in environment variables that expire end the following with what to do."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress")
    scene.write_logs("x/algo-1-1", ["before"], offset=-2.0)
    following = scene.follow("TrainingJob", "train")
    following.wait_for_output(" before\n")
    scene.standin.set_faults(credentials={scene.environment["AWS_ACCESS_KEY_ID"]: "expired"})
    assert following.end() == exits.INCOMPLETE
    assert "ExpiredTokenException" in following.stderr()
    assert "aws sso login" in following.stderr()


def test_a_whole_job_with_a_late_host(scene: Scene) -> None:
    """A job of the stand-in with three hosts, one of them late, is shown to its last line."""
    scene.standin.settings(phases={"training": 2, "uploading": 0.5}, logs={"rate": 40, "batch": 1})
    scene.standin.rule("x", logs={"late_host": 2, "late_seconds": 3})
    aws = client(scene.standin.url, "sagemaker", region=scene.region)
    aws.create_training_job(**training_request("x", 3))
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress")
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name")
    following.wait_for(
        lambda: aws.describe_training_job(TrainingJobName="x")["TrainingJobStatus"] == "Completed", "the end of the job"
    )
    scene.set_status("train", word="Completed")
    assert following.end() == exits.OK
    lines = _bodies(following.stdout())
    assert len(lines) == len(set(lines))
    for host in ("algo-1", "algo-2", "algo-3"):
        assert sum(line.startswith(f"{host} ") for line in lines) == 80, host


def test_api_server_that_goes_away_and_comes_back(scene: Scene) -> None:
    """While the API server is away the log goes on, and afterwards the end of the job is noticed."""
    scene.create("train", job="x")
    scene.set_status("train", word="InProgress")
    scene.write_logs("x/algo-1-1", ["before"], offset=-2.0)
    following = scene.follow("TrainingJob", "train", "--hide-log-stream-name")
    following.wait_for_output(" before\n")
    scene.plane.kill_apiserver()
    scene.write_logs("x/algo-1-1", ["meanwhile"], offset=0.0)
    following.wait_for_output(" meanwhile\n")
    scene.plane.start_apiserver()
    scene.set_status("train", word="Failed", additional="AlgorithmError")
    assert following.end() == exits.JOB_FAILED
    assert _bodies(following.stdout()) == ["before", "meanwhile"]
    assert '"Failed" (AlgorithmError)' in following.stderr()
