"""The command tree as a table: names, aliases, texts, flags.

Read before anything else, also for `--help`: nothing is imported here but the table of flags, and the rows are plain
classes because importing dataclasses takes longer than answering.
"""

from __future__ import annotations

from kubectl_smlogs import flags, resources
from kubectl_smlogs.flags import Flag

PROGRAM = "smlogs"
SHORT = "View Amazon SageMaker logs via Kubernetes"
ALIASES = ("SMLogs", "Smlogs")

NAMES = "RESOURCE_NAME"
"""Operand of the commands that are named after a kind."""


class Command:
    """One subcommand.

    Args:
        name: as the help shows it.
        short: one line about it.
        long: more about it, shown by its own help in place of `short`.
        aliases: further spellings that the help lists.
        operand: what follows the name on the use line.
        example: lines of comments and commands, empty for none.
        flags: those it takes, sorted by name.
        kind: the kind whose log it shows; empty for commands that are not named after one.
    """

    __slots__ = ("aliases", "example", "flags", "kind", "long", "name", "operand", "short")

    def __init__(
        self,
        name: str,
        short: str,
        *,
        long: str = "",
        aliases: tuple[str, ...] = (),
        operand: str = "",
        example: tuple[str, ...] = (),
        flags: tuple[Flag, ...] = flags.ROOT_FLAGS,
        kind: str = "",
    ) -> None:
        self.name = name
        self.short = short
        self.long = long or short
        self.aliases = aliases
        self.operand = operand
        self.example = example
        self.flags = flags
        self.kind = kind

    @property
    def objects(self) -> bool:
        """Whether its operands are a kind and names, or `KIND/NAME`."""
        return "KIND" in self.operand


BATCH_TRANSFORM_JOB = Command(
    "BatchTransformJob",
    "View BatchTransformJob logs via Kubernetes",
    aliases=(
        "batchtransformjob",
        "BatchtransformJob",
        "batchtransformjobs",
        "BatchTransformJobs",
        "BatchtransformJobs",
    ),
    operand=NAMES,
    example=(
        '# Get logs for BatchTransform job named "xgboost-mnist-batch" in the default namespace.',
        "kubectl smlogs BatchTransformJob xgboost-mnist-batch",
    ),
    flags=flags.LOG_FLAGS,
    kind="BatchTransformJob",
)
HOSTING_DEPLOYMENT = Command(
    "HostingDeployment",
    "View HostingDeployment logs via Kubernetes",
    aliases=("hostingdeployment", "hostingdeployments", "HostingDeployments", "hd"),
    operand=NAMES,
    example=(
        '# Get logs for all variants of the endpoint of "xgboost-mnist-hosting" in the default namespace.',
        "kubectl smlogs HostingDeployment xgboost-mnist-hosting",
    ),
    flags=flags.ENDPOINT_LOG_FLAGS,
    kind="HostingDeployment",
)
TUNING_JOB = Command(
    "HyperParameterTuningJob",
    "View HyperParameterTuningJob logs via Kubernetes",
    aliases=(
        "hyperparametertuningjob",
        "HyperparametertuningJob",
        "HyperParameterTuningJobs",
        "hyperparameterTuningjobs",
        "HyperparametertuningJobs",
    ),
    operand=NAMES,
    example=(
        '# Get logs for all training jobs of the tuning job named "xgboost-mnist-hpo" in the default namespace.',
        "kubectl smlogs HyperParameterTuningJob xgboost-mnist-hpo",
        "# Get logs for the best of them.",
        "kubectl smlogs HyperParameterTuningJob xgboost-mnist-hpo --children best",
    ),
    flags=flags.TUNING_LOG_FLAGS,
    kind="HyperparameterTuningJob",
)
PROCESSING_JOB = Command(
    "ProcessingJob",
    "View ProcessingJob logs via Kubernetes",
    aliases=("processingjob", "processingjobs", "ProcessingJobs", "pj"),
    operand=NAMES,
    example=(
        '# Get logs for Processing job named "kmeans-mnist-processor" in the default namespace.',
        "kubectl smlogs ProcessingJob kmeans-mnist-processor",
    ),
    flags=flags.LOG_FLAGS,
    kind="ProcessingJob",
)
TRAINING_JOB = Command(
    "TrainingJob",
    "View TrainingJob logs via Kubernetes",
    aliases=("Trainingjob", "trainingjob", "trainingjobs", "TrainingJobs"),
    operand=NAMES,
    example=(
        '# Get logs for Training job named "xgboost-mnist-training" in the default namespace.',
        "kubectl smlogs TrainingJob xgboost-mnist-training",
    ),
    flags=flags.LOG_FLAGS,
    kind="TrainingJob",
)
COMPLETION = Command(
    "completion",
    "Print a completion script for bash, zsh or fish",
    long="Print a completion script for a shell.\n\n"
    "For `kubectl smlogs` no script is needed beyond kubectl's own: kubectl asks the program\n"
    "kubectl_complete-smlogs, which has to be on PATH. The script printed here completes\n"
    "the command `kubectl-smlogs` itself.",
    operand="(bash|zsh|fish)",
    example=(
        "# bash, in the running shell; put the line into ~/.bashrc for every new one",
        "source <(kubectl-smlogs completion bash)",
        "# zsh, for every new shell",
        'kubectl-smlogs completion zsh > "${fpath[1]}/_kubectl-smlogs"',
        "# fish, for every new shell",
        "kubectl-smlogs completion fish > ~/.config/fish/completions/kubectl-smlogs.fish",
    ),
    flags=flags.COMPLETION_FLAGS,
)
DOCTOR = Command(
    "doctor",
    "Check the installation and say what is wrong with it, and how to mend it",
    long="Check the installation and say what is wrong with it, and how to mend it.\n\n"
    "In the cluster: whether it answers, which custom resource definitions it has, your rights\n"
    "on the kinds, whether the operator runs and which, its AWS role, its leader, and whether\n"
    "a second operator works on the same objects. At AWS: who you are, whether it is the\n"
    "account of the jobs, whom the role trusts, your rights for logs, and the log groups.\n"
    "With an object also what holds it up: its status, its job and its log.\n\n"
    "Each check is a line: ok, warn (may be meant so), fail, or skip (cannot be checked, with\n"
    "the right that is missing). Nothing is changed anywhere. The exit code is 6 if one fails.",
    operand="[KIND/NAME]",
    example=(
        "# Check the installation in the cluster of the current context.",
        "kubectl smlogs doctor",
        "# Find out why nothing happens to a training job.",
        "kubectl smlogs doctor trainingjob/xgboost-mnist",
        "# For a script: what is wrong and nothing else, as JSON.",
        "kubectl smlogs doctor -q -o json",
    ),
    flags=flags.DOCTOR_FLAGS,
)
HELP = Command(
    "help",
    "Help about any command",
    long="Help provides help for any command in the application.\n"
    "Simply type smlogs help [path to command] for full details.",
    operand="[command]",
)
LIST = Command(
    "list",
    "List the jobs and endpoints whose logs can be viewed",
    operand="[KIND]",
    example=(
        "# List everything in the current namespace.",
        "kubectl smlogs list",
        "# List the training jobs of all namespaces.",
        "kubectl smlogs list trainingjobs -A",
    ),
    flags=flags.LIST_FLAGS,
)
_OBJECTS = "(KIND NAME... | KIND/NAME...)"
LOGS = Command(
    "logs",
    "View the logs of one or more objects of any kind",
    operand=_OBJECTS,
    example=(
        "# Get logs for two training jobs in one timeline.",
        "kubectl smlogs logs trainingjob/first trainingjob/second",
        "# Follow all training jobs with a label until they end.",
        "kubectl smlogs logs trainingjobs -l team=vision -f",
    ),
    flags=flags.ALL_LOG_FLAGS,
)
OPTIONS = Command("options", "List the flags that say how to reach the cluster")
STATUS = Command(
    "status",
    "Show what is known about a job or endpoint, and why it is so",
    operand=_OBJECTS,
    example=("kubectl smlogs status trainingjob xgboost-mnist-training",),
    flags=flags.STATUS_FLAGS,
)
URL = Command(
    "url",
    "Print links to a job or endpoint and its logs in the AWS console",
    operand=_OBJECTS,
    example=("kubectl smlogs url trainingjob xgboost-mnist-training",),
    flags=flags.URL_FLAGS,
)
VERSION = Command("version", "Print the version", flags=flags.VERSION_FLAGS)

ALL = (
    BATCH_TRANSFORM_JOB,
    HOSTING_DEPLOYMENT,
    TUNING_JOB,
    PROCESSING_JOB,
    TRAINING_JOB,
    COMPLETION,
    DOCTOR,
    HELP,
    LIST,
    LOGS,
    OPTIONS,
    STATUS,
    URL,
    VERSION,
)
"""In the order in which the help lists them."""

_OF_KIND = {
    resources.BATCH_TRANSFORM_JOB.aws: BATCH_TRANSFORM_JOB,
    resources.HOSTING_DEPLOYMENT.aws: HOSTING_DEPLOYMENT,
    resources.TUNING_JOB.aws: TUNING_JOB,
    resources.PROCESSING_JOB.aws: PROCESSING_JOB,
    resources.TRAINING_JOB.aws: TRAINING_JOB,
}


def find(word: str) -> Command | None:
    """The command a word means: a listed spelling, any other capitals, or a kind in any spelling of `resources`.

    Kinds that no command is named after mean `logs`, which can say what is to be said about them.
    """
    lowered = word.lower()
    for command in ALL:
        if word == command.name or word in command.aliases or lowered == command.name.lower():
            return command
    resource = resources.find(word)
    return None if resource is None else _OF_KIND.get(resource.aws, LOGS)


def meant(word: str) -> tuple[Command | None, str]:
    """The command that the first word of a command line means, and the kind where the word is one.

    `KIND/NAME` means `logs`.
    """
    head, slash, _ = word.partition("/")
    if slash:
        return (LOGS if resources.find(head) else None), ""
    command = find(word)
    return command, word if command is not None and (command.kind or resources.find(word)) else ""
