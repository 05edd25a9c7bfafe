"""What the environment tells of who the process is at AWS: a role nobody has set, no credentials at all."""

from __future__ import annotations

import pytest

from sagemaker_operator import identity

ROLE = "arn:aws:iam::123456789012:role/DELETE_ME"
LONGEST_NAMESPACE = "n" * 63


@pytest.mark.parametrize("role", [ROLE, "arn:aws-cn:iam::123456789012:role/DELETE_ME", "arn:aws:iam::1:role/DELETE_ME"])
def test_a_placeholder_is_told_with_its_remedy(role: str) -> None:
    """Any account's and partition's placeholder: what it is, where it is set, and commands for just that."""
    text = identity.hindrance({"AWS_ROLE_ARN": role}, "team-a")

    assert role in text
    assert "annotate --overwrite -n team-a serviceaccount sagemaker-k8s-operator-default" in text
    assert f"eks.amazonaws.com/role-arn={role.partition(':iam:')[0]}:iam::" in text
    assert "rollout restart -n team-a deployment sagemaker-k8s-operator-controller-manager" in text
    assert "\n" not in text


def test_the_remedy_fits_into_an_event() -> None:
    """Not even with the longest name of a namespace is the command cut off."""
    assert len(identity.hindrance({"AWS_ROLE_ARN": ROLE}, LONGEST_NAMESPACE).encode()) <= 1024


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/operator"},
        {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/NOT_DELETE_ME"},
        {"AWS_ROLE_ARN": ROLE, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "key"},
    ],
)
def test_another_role_hinders_nobody(environ: dict[str, str]) -> None:
    """A role of the user's own does not, nor does a placeholder that is not used because keys come first."""
    assert identity.hindrance(environ, "ns") == ""


def test_the_pod_is_known_by_the_downward_api() -> None:
    """Name and namespace suffice for an Event; the UID goes along where the Deployment tells it."""
    bare = {"apiVersion": "v1", "kind": "Pod", "name": "operator-1", "namespace": "ns"}

    assert identity.pod({"POD_NAME": "operator-1"}, "ns") == bare
    assert identity.pod({"POD_NAME": "operator-1", "POD_UID": "u"}, "ns") == {**bare, "uid": "u"}
    assert identity.pod({}, "ns") is None
    assert identity.pod({"POD_NAME": "operator-1"}, "") is None


@pytest.mark.parametrize(
    ("environ", "files"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "key"}, set()),
        ({"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, set()),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}, set()),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}, set()),
        ({}, {"~/.aws/credentials"}),
        ({"AWS_CONFIG_FILE": "/etc/aws"}, {"/etc/aws"}),
    ],
)
def test_credentials_from_anywhere_are_no_reason_to_warn(environ: dict[str, str], files: set[str]) -> None:
    """Keys, a role for the service account, Pod Identity, a task's role, shared files."""
    assert identity.no_credentials(environ, files.__contains__) == ""


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "role of the machine"),
        ({"AWS_ROLE_ARN": ROLE}, "role of the machine"),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, "role of the machine"),
        ({"AWS_EC2_METADATA_DISABLED": "true"}, "every call to AWS will fail"),
    ],
)
def test_no_credentials_are_warned_of(environ: dict[str, str], said: str) -> None:
    """Nothing, or half of it: the text says what is missing and what is left."""
    text = identity.no_credentials(environ, lambda _path: False)

    assert "no AWS credentials" in text
    assert said in text
