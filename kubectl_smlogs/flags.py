"""The flags of all commands as a table, read by the help, the dispatcher, the parser, the completion and the documents.

Nothing is imported here, for the same reason as in `commands`. What a value has to look like is in `values`.
"""

from __future__ import annotations

BOOL = ""
STRING = "string"
ARRAY = "stringArray"
"""May be given several times; each time one value."""
LIST = "strings"
"""May be given several times; each time one value or several with commas."""
INT = "int"
DURATION = "duration"
TIME = "time"

REPEATABLE = (ARRAY, LIST)

VARIABLES = "KUBECTL_SMLOGS_"
"""What the names of the flags' environment variables begin with."""


class Flag:
    """One flag.

    Args:
        name: long name without dashes.
        usage: what the help says about it.
        kind: one of the constants above.
        short: one letter, or empty.
        value: how the help calls the value, where that is not the kind.
        default: shown by the help where it is not empty.
        choices: values that completion offers, each with a word about it.
        bare: the value that the flag has when it stands without one; empty where it needs one. Such a flag takes a
            value only behind an equals sign.

    Its environment variable is `variable`.
    """

    __slots__ = ("bare", "choices", "default", "kind", "name", "short", "usage", "value", "variable")

    def __init__(
        self,
        name: str,
        usage: str,
        *,
        kind: str = STRING,
        short: str = "",
        value: str = "",
        default: str = "",
        choices: tuple[tuple[str, str], ...] = (),
        bare: str = "",
    ) -> None:
        self.name = name
        self.usage = usage
        self.kind = kind
        self.short = short
        self.value = value or kind
        self.default = default
        self.choices = choices
        self.bare = bare
        self.variable = VARIABLES + name.upper().replace("-", "_")

    @property
    def label(self) -> str:
        """How error texts call it."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"

    @property
    def takes_next(self) -> bool:
        """Whether the word behind it is its value."""
        return self.kind != BOOL and not self.bare


def _renamed(flag: Flag, variable: str) -> Flag:
    """A flag whose environment variable is not that of its name."""
    flag.variable = VARIABLES + variable
    return flag


HELP = Flag("help", "help for {command}", kind=BOOL, short="h")

_COMPATIBLE = (
    Flag("follow", "Whether or not to tail AWS CloudWatchLogs", kind=BOOL, short="f"),
    Flag(
        "hide-log-stream-name",
        "Whether or not to show the log stream name with each log line.",
        kind=BOOL,
    ),
    Flag(
        "logSearchPrefix",
        "Filters the results to include only events from instances that have names starting with this logSearchPrefix "
        "e.g. -p algo-4 will only return logs from SageMaker instances whose name matches the log search prefix.",
        short="p",
        value="-p algo-4",
    ),
)
"""The original's flags, with its texts."""

REGION = Flag("region", "The AWS region to look into instead of the object's.")

PROFILE = Flag("aws-profile", "The AWS profile to read the log with.", value="name")

_READING = (
    Flag(
        "filter-pattern",
        "Only lines that match this CloudWatch Logs filter pattern; the service filters, e.g. 'ERROR -Retry'.",
    ),
    Flag("host", "Only these hosts of the job, e.g. algo-1; may be repeated.", kind=LIST),
    Flag("limit-bytes", "Stop after so many bytes of output, at the end of a line; 0 for no limit.", kind=INT),
    Flag("max-log-requests", "How many objects may be followed at the same time.", kind=INT, default="10"),
    Flag("since", "Only lines newer than this long ago, e.g. 5m, 1h30m or 2d.", kind=DURATION),
    Flag("since-time", "Only lines from this moment on (RFC3339), e.g. 2026-11-24T10:00:00Z.", kind=TIME),
    Flag("tail", "Only the last so many lines of each object; -1 for all.", kind=INT, default="-1"),
    Flag("timeout", "Give up after this long, with exit code 124; 0 for never.", kind=DURATION, default="0"),
    Flag("until", "Only lines up to this moment (RFC3339) or up to this long ago, e.g. 10m.", value="time|duration"),
    Flag(
        "wait",
        "Wait for the object, its job and its first line if they are not there yet: without limit, or as long as said, "
        "e.g. --wait=5m.",
        kind=DURATION,
        value="duration[=forever]",
        bare="forever",
    ),
    PROFILE,
    REGION,
)

_SELECTING = (
    Flag("all-namespaces", "If present, objects of all namespaces.", kind=BOOL, short="A"),
    Flag("selector", "Objects with these labels, e.g. -l team=vision,stage!=test.", short="l"),
)

CHILDREN = Flag(
    "children",
    "Which training jobs of a tuning job: all, best, failed, or one's name or number.",
    value="all|best|failed|NAME",
    default="all",
    choices=(
        ("all", "every training job of the tuning job"),
        ("best", "the best training job so far"),
        ("failed", "the training jobs that failed"),
    ),
)
VARIANT = Flag("variant", "Only this production variant of an endpoint.")

COLOR = Flag(
    "color",
    "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.",
    value="auto|always|never",
    default="auto",
    choices=(
        ("auto", "on a terminal, unless NO_COLOR is set"),
        ("always", "also into files and pipes"),
        ("never", "no colours"),
    ),
)

_SHOWING = (
    COLOR,
    Flag("exclude", "No lines in which this regular expression is found; may be repeated.", kind=ARRAY, short="e"),
    Flag("highlight", "Mark what this regular expression finds; may be repeated.", kind=ARRAY, short="H"),
    Flag("include", "Only lines in which this regular expression is found; may be repeated.", kind=ARRAY, short="i"),
    Flag(
        "output",
        "Format of a line: classic (default into files and pipes), default (on a terminal), raw, json, extjson, or "
        "template=TEXT.",
        short="o",
        value="format",
        choices=(
            ("classic", "stream, time and message, as the original plugin"),
            ("default", "host, time and message, for people"),
            ("raw", "the message alone"),
            ("json", "one JSON object per line"),
            ("extjson", "as json, with messages that are JSON put in as such"),
            ("template=", "a text with fields, such as {host} {message}"),
        ),
    ),
    # KUBECTL_SMLOGS_PAGER names the program, as GIT_PAGER does.
    _renamed(
        Flag("pager", "Show the log with $KUBECTL_SMLOGS_PAGER, $PAGER or less, on a terminal.", kind=BOOL), "USE_PAGER"
    ),
    Flag("quiet", "Nothing on standard error but errors.", kind=BOOL, short="q"),
    Flag(
        "save",
        "Write a file for each log stream, and a manifest, into this folder instead of printing; with -o also print.",
        value="folder",
    ),
    Flag(
        "template",
        "Format of a line as a text with fields in braces, e.g. '{host} {time} {message}'.",
        value="text",
    ),
    Flag("timestamps", "A full time (RFC3339) on each line.", kind=BOOL),
    Flag(
        "timezone",
        "Time zone of the times shown: Local, UTC or a name such as Europe/Berlin.",
        value="zone",
        default="Local",
        choices=(("Local", "this machine's time zone"), ("UTC", "coordinated universal time")),
    ),
    Flag("verbose", "Say more about what is done on standard error.", kind=BOOL, short="v"),
)

CONNECTION_FLAGS = (
    Flag(
        "as",
        "Username to impersonate for the operation. User could be a regular user or a service account in a namespace.",
    ),
    Flag(
        "as-group",
        "Group to impersonate for the operation, this flag can be repeated to specify multiple groups.",
        kind=ARRAY,
    ),
    Flag("as-uid", "UID to impersonate for the operation."),
    Flag(
        "as-user-extra",
        "User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the "
        "same key.",
        kind=ARRAY,
    ),
    Flag("certificate-authority", "Path to a cert file for the certificate authority"),
    Flag("client-certificate", "Path to a client certificate file for TLS"),
    Flag("client-key", "Path to a client key file for TLS"),
    Flag("cluster", "The name of the kubeconfig cluster to use"),
    Flag("context", "The name of the kubeconfig context to use"),
    Flag(
        "insecure-skip-tls-verify",
        "If true, the server's certificate will not be checked for validity. "
        "This will make your HTTPS connections insecure",
        kind=BOOL,
    ),
    Flag("kubeconfig", "Path to the kubeconfig file to use for CLI requests."),
    Flag("namespace", "If present, the namespace scope for this CLI request", short="n"),
    Flag("password", "Password for basic authentication to the API server"),
    Flag(
        "request-timeout",
        "The length of time to wait before giving up on a single server request. Non-zero values should contain a "
        "corresponding time unit (e.g. 1s, 2m, 3h). A value of zero means don't timeout requests.",
        default="0",
    ),
    Flag("server", "The address and port of the Kubernetes API server", short="s"),
    Flag(
        "tls-server-name",
        "Server name to use for server certificate validation. "
        "If it is not provided, the hostname used to contact the server is used",
    ),
    Flag("token", "Bearer token for authentication to the API server"),
    Flag("user", "The name of the kubeconfig user to use"),
    Flag("username", "Username for basic authentication to the API server"),
)
"""kubectl's own connection flags, with kubectl's texts."""


def _sorted(*flags: Flag) -> tuple[Flag, ...]:
    return tuple(sorted(flags, key=lambda flag: flag.name))


LOG_FLAGS = _sorted(HELP, *_COMPATIBLE, *_READING, *_SELECTING, *_SHOWING, *CONNECTION_FLAGS)
"""Of the commands that show the log of one kind."""
TUNING_LOG_FLAGS = _sorted(*LOG_FLAGS, CHILDREN)
ENDPOINT_LOG_FLAGS = _sorted(*LOG_FLAGS, VARIANT)
ALL_LOG_FLAGS = _sorted(*LOG_FLAGS, CHILDREN, VARIANT)
"""Of the command that shows the log of any kind."""


def _output(command: str, *choices: tuple[str, str]) -> Flag:
    """The format of a command that shows no log: what is set for lines of logs must not be meant."""
    words = [word for word, _ in choices]
    usage = f"Format: {', '.join(words[:-1])}{' or ' * (len(words) > 1)}{words[-1]} instead of text."
    value = "|".join(words)
    return _renamed(Flag("output", usage, short="o", value=value, choices=choices), f"{command}_OUTPUT")


_JSON = ("json", "one JSON document")

LIST_FLAGS = _sorted(
    HELP,
    *_SELECTING,
    COLOR,
    _output("LIST", ("wide", "more columns"), ("name", "kind and name alone"), _JSON),
    *CONNECTION_FLAGS,
)
STATUS_FLAGS = _sorted(HELP, *_SELECTING, COLOR, REGION, _output("STATUS", _JSON), *CONNECTION_FLAGS)
URL_FLAGS = _sorted(HELP, *_SELECTING, REGION, _output("URL", _JSON), *CONNECTION_FLAGS)
DOCTOR_FLAGS = _sorted(
    HELP,
    COLOR,
    PROFILE,
    REGION,
    # In scripts that read logs quietly, what doctor says is wanted whole.
    _renamed(Flag("quiet", "Only what is wrong.", kind=BOOL, short="q"), "DOCTOR_QUIET"),
    _output("DOCTOR", _JSON),
    *CONNECTION_FLAGS,
)
COMPLETION_FLAGS = (HELP, Flag("no-descriptions", "Candidates without descriptions.", kind=BOOL))
VERSION_FLAGS = (HELP, _output("VERSION", _JSON))
ROOT_FLAGS = (HELP,)


def by_name(flags: tuple[Flag, ...]) -> dict[str, Flag]:
    """Flags by every spelling: `--name` and `-s`."""
    spelled = {f"--{flag.name}": flag for flag in flags}
    spelled.update({f"-{flag.short}": flag for flag in flags if flag.short})
    return spelled


EVERY_FLAG = _sorted(*ALL_LOG_FLAGS, COMPLETION_FLAGS[1])
"""One flag of each name. Where commands differ about a flag, they differ only in its texts."""
