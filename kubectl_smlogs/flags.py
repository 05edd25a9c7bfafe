"""The flags of the job commands as a table, read by the help, by the dispatcher and by the parser.

Nothing is imported here, for the same reason as in `commands`.
"""

from __future__ import annotations

BOOL = ""
STRING = "string"
ARRAY = "stringArray"


class Flag:
    """One flag.

    Args:
        name: long name without dashes.
        usage: what the help says about it.
        kind: BOOL, STRING or ARRAY (may be given several times).
        short: one letter, or empty.
        value: how the help calls the value, where that is not the kind.
        default: shown by the help where it is not empty.
    """

    __slots__ = ("default", "kind", "name", "short", "usage", "value")

    def __init__(
        self, name: str, usage: str, *, kind: str = STRING, short: str = "", value: str = "", default: str = ""
    ) -> None:
        self.name = name
        self.usage = usage
        self.kind = kind
        self.short = short
        self.value = value or kind
        self.default = default

    @property
    def label(self) -> str:
        """How error texts call it."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


HELP = Flag("help", "help for {command}", kind=BOOL, short="h")

LOG_FLAGS = (
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
)
"""kubectl's own connection flags, with kubectl's texts."""

JOB_FLAGS = tuple(sorted((HELP, *LOG_FLAGS, *CONNECTION_FLAGS), key=lambda flag: flag.name))
ROOT_FLAGS = (HELP,)


def by_name(flags: tuple[Flag, ...]) -> dict[str, Flag]:
    """Flags by every spelling: `--name` and `-s`."""
    spelled = {f"--{flag.name}": flag for flag in flags}
    spelled.update({f"-{flag.short}": flag for flag in flags if flag.short})
    return spelled
