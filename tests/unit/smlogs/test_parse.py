"""Flags and names of the job commands, in the forms kubectl's users write them."""

from __future__ import annotations

import pytest

from kubectl_smlogs.commands import BATCH_TRANSFORM_JOB, TRAINING_JOB
from kubectl_smlogs.flags import CONNECTION_FLAGS
from kubectl_smlogs.parse import Options, UsageError, parse
from smkube.kube.kubeconfig import Overrides

_EXACTLY_ONE = (
    "Exactly one Kubernetes resource name must be specified (got {}). "
    "Use `kubectl get TrainingJob` to list resource names."
)


def test_plain_call() -> None:
    """One name and no flag leaves everything at its default."""
    assert parse(TRAINING_JOB, ["x"]) == Options("x", False, False, "", Overrides())


@pytest.mark.parametrize(
    "arguments",
    [
        ["x", "-f", "-p", "algo-4", "-n", "ns"],
        ["-fpalgo-4", "x", "--namespace=ns"],
        ["-f=true", "-p=algo-4", "-n=ns", "x"],
        ["--follow", "--logSearchPrefix", "algo-4", "--namespace", "ns", "--", "x"],
        ["--follow=1", "x", "--logSearchPrefix=algo-4", "-nns"],
    ],
)
def test_spellings_of_flags(arguments: list[str]) -> None:
    """Long and short flags, joined, with blanks or equals signs, before or after the name, mean the same."""
    options = parse(TRAINING_JOB, arguments)
    assert options == Options("x", True, False, "algo-4", Overrides(namespace="ns"))


@pytest.mark.parametrize("value", ["false", "0", "F"])
def test_switch_can_be_turned_off(value: str) -> None:
    """`--follow=false` is not following."""
    assert not parse(TRAINING_JOB, ["x", f"--follow={value}"]).follow
    assert not parse(TRAINING_JOB, ["x", f"-f={value}"]).follow


def test_every_connection_flag_arrives() -> None:
    """No connection flag of kubectl is accepted and ignored."""
    arguments = ["x"]
    for flag in CONNECTION_FLAGS:
        if flag.name == "insecure-skip-tls-verify":
            arguments.append(f"--{flag.name}")
        elif flag.name == "request-timeout":
            arguments += [f"--{flag.name}", "1m30s"]
        else:
            arguments += [f"--{flag.name}", f"v-{flag.name}"]
    arguments += ["--as-group", "second"]
    assert parse(TRAINING_JOB, arguments).connection == Overrides(
        kubeconfig="v-kubeconfig",
        context="v-context",
        cluster="v-cluster",
        user="v-user",
        namespace="v-namespace",
        server="v-server",
        token="v-token",
        certificate_authority="v-certificate-authority",
        client_certificate="v-client-certificate",
        client_key="v-client-key",
        tls_server_name="v-tls-server-name",
        insecure_skip_tls_verify=True,
        as_user="v-as",
        as_groups=("v-as-group", "second"),
        as_uid="v-as-uid",
        request_timeout=90.0,
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], _EXACTLY_ONE.format("[]")),
        (["a", "b"], _EXACTLY_ONE.format("[a,b]")),
        ([""], "Must specify Kubernetes job name. Use `kubectl get TrainingJob` to list resource names."),
        (["x", "--nope"], "unknown flag: --nope"),
        (["x", "--nope=3"], "unknown flag: --nope"),
        (["x", "-z"], "unknown shorthand flag: 'z' in -z"),
        (["x", "-fz"], "unknown shorthand flag: 'z' in -fz"),
        (["x", "--cache-dir", "y"], "unknown flag: --cache-dir"),
        (["x", "--namespace"], "flag needs an argument: --namespace"),
        (["x", "-fn"], "flag needs an argument: 'n' in -fn"),
        (
            ["x", "--follow=maybe"],
            'invalid argument "maybe" for "-f, --follow" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["x", "--request-timeout", "soon"],
            'invalid argument "soon" for "--request-timeout" flag: a duration such as 30s, 2m or 1h is needed',
        ),
    ],
)
def test_wrong_usage_in_kubectls_words(arguments: list[str], text: str) -> None:
    """Each slip is named in one line."""
    with pytest.raises(UsageError) as caught:
        parse(TRAINING_JOB, arguments)
    assert str(caught.value) == text


def test_hint_names_the_kind() -> None:
    """The hint about names is about the kind that was asked for."""
    with pytest.raises(UsageError, match="kubectl get BatchTransformJob"):
        parse(BATCH_TRANSFORM_JOB, [])


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0.0), ("7", 7.0), ("1s", 1.0), ("2m30s", 150.0), ("1.5h", 5400.0), ("250ms", 0.25)]
)
def test_durations(text: str, seconds: float) -> None:
    """Go's durations and plain seconds are understood."""
    assert parse(TRAINING_JOB, ["x", "--request-timeout", text]).connection.request_timeout == pytest.approx(seconds)
