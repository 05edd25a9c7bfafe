"""Flags and names of the commands that ask the cluster, in the forms kubectl's users write them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import commands
from kubectl_smlogs.commands import BATCH_TRANSFORM_JOB, LIST, LOGS, TRAINING_JOB, TUNING_JOB, URL, Command
from kubectl_smlogs.flags import ARRAY, BOOL, CONNECTION_FLAGS
from kubectl_smlogs.options import FOREVER, Options, Reading, Showing, Where
from kubectl_smlogs.parse import parse
from kubectl_smlogs.values import UsageError
from smkube.kube.kubeconfig import Overrides

NOW = 1_791_000_000.0
EXACTLY_ONE = (
    "Exactly one Kubernetes resource name must be specified (got []). "
    "Use `kubectl get TrainingJob` to list resource names."
)


def parsed(*arguments: str, command: Command = TRAINING_JOB, kind: str = "", **environ: str) -> Options:
    """The options for a command line, at a fixed time and in an environment that holds nothing else."""
    return parse(command, arguments, kind=kind, environ=environ, now=NOW)


def refused(*arguments: str, command: Command = TRAINING_JOB, environ: Mapping[str, str] | None = None) -> str:
    """The error for a command line."""
    with pytest.raises(UsageError) as caught:
        parse(command, arguments, environ=environ or {}, now=NOW)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_plain_call() -> None:
    """One name and no flag leaves everything at its default."""
    assert parsed("x") == Options(Where(kind="TrainingJob", names=("x",)))


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
    assert parsed(*arguments) == Options(
        Where(kind="TrainingJob", names=("x",), connection=Overrides(namespace="ns")),
        Reading(follow=True, search_prefix="algo-4"),
    )


@pytest.mark.parametrize("value", ["false", "0", "F"])
def test_switch_can_be_turned_off(value: str) -> None:
    """`--follow=false` is not following, also where the environment says so."""
    assert not parsed("x", f"--follow={value}").reading.follow
    assert not parsed("x", f"-f={value}", KUBECTL_SMLOGS_FOLLOW="true").reading.follow


# --- objects -------------------------------------------------------------------------------------------------------


def test_several_names() -> None:
    """A command that is named after a kind takes several names; the kind stays as it was typed."""
    assert parsed("x", "y", kind="tj").where == Where(kind="tj", names=("x", "y"))


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("tj", "x"), Where(kind="tj", names=("x",))),
        (("TrainingJobs", "x", "y"), Where(kind="TrainingJobs", names=("x", "y"))),
        (("tj/x", "pj/y"), Where(names=("tj/x", "pj/y"))),
        (("tj", "-l", "a=b"), Where(kind="tj", selector="a=b")),
        (("tj", "-A"), Where(kind="tj", all_namespaces=True)),
        (("-A", "-l", "a=b", "tj"), Where(kind="tj", selector="a=b", all_namespaces=True)),
    ],
)
def test_objects_of_any_kind(arguments: tuple[str, ...], where: Where) -> None:
    """`KIND NAME...`, `KIND/NAME...`, labels and all namespaces."""
    assert parsed(*arguments, command=LOGS).where == where


def test_list_needs_no_kind() -> None:
    """`list` takes a kind or none."""
    assert parsed(command=LIST).where == Where()
    assert parsed("tj", "-A", "-o", "wide", command=LIST) == Options(
        Where(kind="tj", all_namespaces=True), showing=Showing(output="wide")
    )


@pytest.mark.parametrize(
    ("command", "arguments", "text"),
    [
        (TRAINING_JOB, [], EXACTLY_ONE),
        (TRAINING_JOB, [""], "Must specify Kubernetes job name. Use `kubectl get TrainingJob` to list resource names."),
        (BATCH_TRANSFORM_JOB, [], EXACTLY_ONE.replace("TrainingJob", "BatchTransformJob")),
        (TRAINING_JOB, ["tj/x"], '"tj/x" names a kind, which was named already; write TrainingJob NAME or KIND/NAME'),
        (TRAINING_JOB, ["x", "-A"], "a resource cannot be retrieved by name across all namespaces; use -n NAMESPACE"),
        (TRAINING_JOB, ["x", "-l", "a=b"], "names and --selector exclude each other"),
        (LOGS, [], "smlogs logs needs a kind and a name, as in `kubectl smlogs logs trainingjob NAME`."),
        (LOGS, ["tj"], EXACTLY_ONE),
        (LOGS, ["pod", "x"], 'unknown kind "pod". Kinds are TrainingJob, ProcessingJob,'),
        (LOGS, ["trainingjo/x"], 'unknown kind "trainingjo". Did you mean TrainingJob?'),
        (LOGS, ["tj/x", "y"], '"y" has no kind; write either KIND NAME NAME..., or KIND/NAME for each object'),
        (LOGS, ["tj/"], "Must specify Kubernetes job name. Use `kubectl get TrainingJob` to list resource names."),
        (LIST, ["tj", "x"], "smlogs list takes one kind at most (got [tj,x])"),
        (URL, [], "smlogs url needs a kind and a name"),
    ],
)
def test_unclear_objects(command: Command, arguments: list[str], text: str) -> None:
    """Whatever leaves open which objects are meant is told, in the original's words where it had some."""
    assert refused(*arguments, command=command).startswith(text)


def test_children_and_variant() -> None:
    """`--children` and `--variant` belong to tuning jobs and endpoints, and say so elsewhere."""
    assert parsed("x", "--children", "best", command=TUNING_JOB).where.children == "best"
    assert parsed("htj/x", "--children=003", command=LOGS).where.children == "003"
    assert parsed("hd", "x", "--variant", "blue", command=LOGS).where.variant == "blue"
    assert parsed("tj", "x", command=LOGS, KUBECTL_SMLOGS_VARIANT="blue").where.variant == ""
    assert (
        refused("tj", "x", "--children", "best", command=LOGS) == "--children is about tuning jobs, and none is named"
    )
    assert refused("x", "--variant", "blue") == (
        "unknown flag: --variant (smlogs TrainingJob does not take it; it is for smlogs HostingDeployment, logs)"
    )


# --- connection ----------------------------------------------------------------------------------------------------

CONNECTION = Overrides(
    kubeconfig="v-kubeconfig",
    context="v-context",
    cluster="v-cluster",
    user="v-user",
    namespace="v-namespace",
    server="v-server",
    token="v-token",
    client_certificate="v-client-certificate",
    client_key="v-client-key",
    tls_server_name="v-tls-server-name",
    insecure_skip_tls_verify=True,
    as_user="v-as",
    as_groups=("v-as-group", "second"),
    as_uid="v-as-uid",
    as_user_extra=(("k", "v-as-user-extra"), ("k", "second")),
    request_timeout=90.0,
)
OTHERWISE = Overrides(username="v-username", password="v-password", certificate_authority="v-certificate-authority")
"""What excludes something of the above."""


def _connection_texts() -> dict[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {flag.name: (f"v-{flag.name}",) for flag in CONNECTION_FLAGS}
    texts["insecure-skip-tls-verify"] = ("true",)
    texts["request-timeout"] = ("1m30s",)
    texts["as-group"] = ("v-as-group", "second")
    texts["as-user-extra"] = ("k=v-as-user-extra", "k=second")
    return texts


def test_every_connection_flag_arrives() -> None:
    """No connection flag of kubectl is accepted and ignored, on the command line or from the environment."""
    texts = _connection_texts()
    others = {name: texts.pop(name) for name in ("username", "password", "certificate-authority")}
    kinds = {flag.name: flag for flag in CONNECTION_FLAGS}
    for wanted, some in ((CONNECTION, texts), (OTHERWISE, others)):
        words = [f"--{name}={text}" for name, values in some.items() for text in values]
        assert parsed("x", *words).where.connection == wanted
        assert all(len(values) == 1 or kinds[name].kind == ARRAY for name, values in some.items())
        environ = {kinds[name].variable: "\n".join(values) for name, values in some.items()}
        assert parse(TRAINING_JOB, ["x"], environ=environ).where.connection == wanted


# --- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "reading"),
    [
        (["--since", "1h30m"], Reading(start=int((NOW - 5400) * 1000))),
        (["--since=2d"], Reading(start=int((NOW - 172_800) * 1000))),
        (["--since=100000h"], Reading(start=int((NOW - 360_000_000) * 1000))),
        (["--since=60w"], Reading(start=int((NOW - 60 * 604_800) * 1000))),
        (["--since-time", "2026-10-03T04:00:00.25Z"], Reading(start=1_791_000_000_250)),
        (["--since-time", "2026-10-03T06:00:00+02:00"], Reading(start=1_791_000_000_000)),
        (["--until", "10m"], Reading(end=int((NOW - 600) * 1000))),
        (["--until", "2026-10-03T04:00:00Z"], Reading(end=1_791_000_000_000)),
        (["--since", "1h", "--until=10m"], Reading(start=int((NOW - 3600) * 1000), end=int((NOW - 600) * 1000))),
        (["--tail", "0"], Reading(tail=0)),
        (["--tail=-1"], Reading()),
        (["--limit-bytes=5"], Reading(limit_bytes=5)),
        (["--limit-bytes=0"], Reading()),
        (["--wait"], Reading(wait=FOREVER)),
        (["--wait=5m"], Reading(wait=300.0)),
        (["--timeout", "1m"], Reading(timeout=60.0)),
        (["--timeout", "0"], Reading()),
        (
            ["--host", "algo-1,algo-2", "--host=algo-3", "--host", "algo-1"],
            Reading(hosts=("algo-1", "algo-2", "algo-3")),
        ),
        (["--filter-pattern", "ERROR -x"], Reading(filter_pattern="ERROR -x")),
        (["--max-log-requests", "3"], Reading(max_log_requests=3)),
        (["--aws-profile", "p", "--region", "eu-west-1"], Reading(aws_profile="p", region="eu-west-1")),
    ],
)
def test_what_is_read(arguments: list[str], reading: Reading) -> None:
    """Each flag about the part of the log arrives as an absolute value."""
    assert parsed("x", *arguments).reading == reading


# --- how it is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "showing"),
    [
        (["--hide-log-stream-name"], Showing(hide_stream=True)),
        (["-o", "raw"], Showing(output="raw")),
        (["-ojson"], Showing(output="json")),
        (["-o", "template={host} {message}"], Showing(output="template", template="{host} {message}")),
        (["-o", "template", "--template", "{message}"], Showing(output="template", template="{message}")),
        (["--template={message}"], Showing(output="template", template="{message}")),
        (["-i", "a", "--include=b,c"], Showing(include=(re.compile("a"), re.compile("b,c")))),
        (["-e", "a|b", "-H", "x"], Showing(exclude=(re.compile("a|b"),), highlight=(re.compile("x"),))),
        (["--timestamps", "--timezone", "Europe/Berlin"], Showing(timestamps=True, timezone="Europe/Berlin")),
        (["--color=always"], Showing(color="always")),
        (["--save", "folder"], Showing(save="folder")),
        (["--pager"], Showing(pager=True)),
        (["-q"], Showing(quiet=True)),
        (["-v"], Showing(verbose=True)),
    ],
)
def test_how_it_is_shown(arguments: list[str], showing: Showing) -> None:
    """Each flag about the output arrives."""
    assert parsed("x", *arguments).showing == showing


# --- the environment -----------------------------------------------------------------------------------------------


def test_environment_stands_in_for_flags() -> None:
    """Variables count where the flag is not given; repeated flags have a line each, lists have commas."""
    found = parsed(
        "x",
        "--tail=5",
        KUBECTL_SMLOGS_TAIL="7",
        KUBECTL_SMLOGS_SINCE="1h",
        KUBECTL_SMLOGS_INCLUDE="a b\nc\n",
        KUBECTL_SMLOGS_HOST="algo-1,algo-2",
        KUBECTL_SMLOGS_LOGSEARCHPREFIX="algo",
        KUBECTL_SMLOGS_HIDE_LOG_STREAM_NAME="1",
        KUBECTL_SMLOGS_OUTPUT="",
    )
    assert found.reading == Reading(
        tail=5, start=int((NOW - 3600) * 1000), hosts=("algo-1", "algo-2"), search_prefix="algo"
    )
    assert found.showing == Showing(hide_stream=True, include=(re.compile("a b"), re.compile("c")))


EXAMPLES = {
    "as-user-extra": "key=value",
    "children": "best",
    "color": "never",
    "filter-pattern": "ERROR",
    "limit-bytes": "10",
    "max-log-requests": "3",
    "output": "json",
    "request-timeout": "5s",
    "since": "1h",
    "since-time": "2026-10-03T04:00:00Z",
    "tail": "5",
    "template": "{message}",
    "timeout": "1m",
    "timezone": "UTC",
    "until": "10m",
    "wait": "5m",
}
"""Values of flags that do not take any text."""


@pytest.mark.parametrize(
    "command", [one for one in commands.ALL if one.kind or one.objects], ids=lambda one: str(one.name)
)
def test_every_flag_may_come_from_the_environment(command: Command) -> None:
    """For each flag of each command its variable means what the flag means, and something else than nothing."""
    for flag in command.flags:
        if flag.name == "help":
            continue
        value = EXAMPLES.get(flag.name, "true" if flag.kind == BOOL else "text")
        objects = flag.name in ("selector", "all-namespaces")
        kind = "htj" if flag.name == "children" else "hd" if flag.name == "variant" else "tj"
        names = [kind] * (not command.kind) + ["x"] * (not objects and command is not LIST)
        given = parse(command, [*names, f"--{flag.name}={value}"], environ={}, now=NOW)
        assert parse(command, names, environ={flag.variable: value}, now=NOW) == given
        if not objects:
            assert given != parse(command, names, environ={}, now=NOW), flag.name


def test_environment_gives_way_to_the_command_line() -> None:
    """What is usual, as the environment says, is no obstacle to what is wanted now."""
    assert (
        parsed("x", "--since-time=2026-10-03T04:00:00Z", KUBECTL_SMLOGS_SINCE="1h").reading.start == 1_791_000_000_000
    )
    assert parsed("x", "--template={message}", KUBECTL_SMLOGS_OUTPUT="json").showing.output == "template"
    assert parsed("x", "-o", "json", KUBECTL_SMLOGS_TEMPLATE="{message}").showing == Showing(output="json")
    assert parsed("x", KUBECTL_SMLOGS_SELECTOR="a=b", KUBECTL_SMLOGS_ALL_NAMESPACES="1").where == Where(
        kind="TrainingJob", names=("x",)
    )
    assert parsed("tj", command=LIST, KUBECTL_SMLOGS_OUTPUT="raw").showing == Showing()
    assert parsed("tj", command=LIST, KUBECTL_SMLOGS_LIST_OUTPUT="json").showing == Showing(output="json")


# --- slips ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["x", "--nope"], "unknown flag: --nope"),
        (["x", "--nope=3"], "unknown flag: --nope"),
        (["x", "--sinse", "1h"], "unknown flag: --sinse. Did you mean --since?"),
        (["x", "--time"], "unknown flag: --time. Did you mean --timeout?"),
        (["x", "-z"], "unknown shorthand flag: 'z' in -z"),
        (["x", "-fz"], "unknown shorthand flag: 'z' in -fz"),
        (["x", "--cache-dir", "y"], "unknown flag: --cache-dir"),
        (["x", "--namespace"], "flag needs an argument: --namespace"),
        (["x", "-fn"], "flag needs an argument: 'n' in -fn"),
        (
            ["x", "--follow=maybe"],
            (
                'invalid argument "maybe" for "-f, --follow" flag: strconv.ParseBool: parsing "maybe": invalid syntax; '
                "true or false is needed, as in --follow=true"
            ),
        ),
        (
            ["x", "--request-timeout", "soon"],
            (
                'invalid argument "soon" for "--request-timeout" flag: a duration such as 30s, 2m or 1h is needed, '
                "as in --request-timeout=1h30m"
            ),
        ),
    ],
)
def test_wrong_usage_in_kubectls_words(arguments: list[str], text: str) -> None:
    """Each slip is named in one line."""
    assert refused(*arguments) == text


WRONG = {
    "since": ["soon", "-1h", "1h 30m", "1y", "", "9999w"],
    "since-time": ["yesterday", "2026-13-01T00:00:00Z", "2026-11-24T10:00:00", ""],
    "until": ["soon", "2026-11-24T10:00:00"],
    "timeout": ["x"],
    "wait": ["x"],
    "request-timeout": ["x"],
    "tail": ["many", "-2", "1.5", "99999999999999999999"],
    "limit-bytes": ["1k", "-1"],
    "max-log-requests": ["0", "x"],
    "include": ["(", "*"],
    "exclude": ["[a"],
    "highlight": ["(?P<"],
    "color": ["red"],
    "output": ["yaml", "template", "template=", "template={nothing}", "jsonpath={.a}"],
    "template": ["{", "{message.x}", "plain"],
    "timezone": ["Berlin", "../x"],
    "filter-pattern": ["x" * 1025],
    "as-user-extra": ["x", "=x"],
    "follow": ["maybe"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_wrong_values_name_everything(name: str, value: str) -> None:
    """A value that cannot be used is told with its flag or variable, itself, and what is needed with an example."""
    flag = next(flag for flag in LOGS.flags if flag.name == name)
    error = refused("x", f"--{name}={value}")
    assert f'"{value.removeprefix("template=")[:40]}' in error
    assert f'"{flag.label}" flag: ' in error
    assert re.search(r"such as|as in|write for example|Use UTC|--template", error)
    if value:
        outside = refused("x", environ={flag.variable: value})
        assert f"the environment variable {flag.variable}" in outside


@pytest.mark.parametrize(
    ("arguments", "environ", "text"),
    [
        (["--since=1h", "--since-time=2026-11-24T10:00:00Z"], {}, "only one of --since and --since-time may be used"),
        (["--save=x", "--pager"], {}, "only one of --save and --pager may be used"),
        (["-q", "-v"], {}, "only one of --quiet and --verbose may be used"),
        (["--token=t", "--username=u"], {}, "only one of --token and --username may be used"),
        (
            ["--certificate-authority=x", "--insecure-skip-tls-verify"],
            {},
            "only one of --certificate-authority and --insecure-skip-tls-verify may be used",
        ),
        (["-o=json", "--template={message}"], {}, '--template is for the format "template", and --output says "json"'),
        (["--since=1m", "--until=1h"], {}, "no line can be from --since=1m on and up to --until=1h"),
        (
            [],
            {"KUBECTL_SMLOGS_QUIET": "1", "KUBECTL_SMLOGS_VERBOSE": "1"},
            (
                "only one of the environment variable KUBECTL_SMLOGS_QUIET and the environment variable "
                "KUBECTL_SMLOGS_VERBOSE may be used"
            ),
        ),
        (["--wait", "5m"], {}, "--wait takes its value behind an equals sign, as in --wait=5m"),
    ],
)
def test_contradictions(arguments: list[str], environ: dict[str, str], text: str) -> None:
    """Flags that cannot both be meant are told; nothing is silently preferred."""
    assert refused("x", *arguments, environ=environ).startswith(text)


def test_no_contradiction() -> None:
    """A switch that is off excludes nothing, and `--tail` goes with following."""
    assert parsed("x", "--save=d", "--pager=false", "--tail=3", "-f").showing.save == "d"


def test_flags_that_belong_elsewhere() -> None:
    """A flag of other commands is told apart from one that does not exist."""
    assert refused("tj", "--tail=3", command=LIST).startswith(
        "unknown flag: --tail (smlogs list does not take it; it is"
    )


def test_all_commands_that_ask_the_cluster_can_be_parsed() -> None:
    """No two flags of a command share a name or a letter."""
    for command in commands.ALL:
        spelled = [text for flag in command.flags for text in (flag.name, flag.short) if text]
        assert len(spelled) == len(set(spelled)), command.name


_WORDS = st.one_of(
    st.sampled_from(
        [f"--{flag.name}" for flag in LOGS.flags] + [f"-{flag.short}" for flag in LOGS.flags if flag.short]
    ),
    st.sampled_from(["tj", "htj/x", "x", "--", "-", "=", "-A=", "1h", "5", "json", "true"]),
    st.builds("{}={}".format, st.sampled_from([f"--{flag.name}" for flag in LOGS.flags]), st.text(max_size=8)),
    st.text(max_size=8),
)


@given(
    st.lists(_WORDS, max_size=6),
    st.dictionaries(st.sampled_from([f.variable for f in LOGS.flags]), st.text(), max_size=3),
)
def test_no_command_line_breaks_it(words: list[str], environ: dict[str, str]) -> None:
    """Whatever is written is understood or refused as wrong usage."""
    try:
        found = parse(LOGS, words, environ=environ, now=NOW)
    except UsageError:
        return
    assert found.reading.start >= 0
    assert found.reading.end is None or found.reading.end >= found.reading.start
