"""The command tree as a table: names, aliases, texts.

Read before anything else, also for `--help`: nothing is imported here, and the rows are plain classes because importing
dataclasses takes longer than answering.
"""

from __future__ import annotations

PROGRAM = "smlogs"
SHORT = "View Amazon SageMaker logs via Kubernetes"
ALIASES = ("SMLogs", "Smlogs")


class Command:
    """One subcommand.

    Args:
        name: as the help shows it; for a job kind, the kind.
        short: one line about it.
        long: more about it, shown by its own help in place of `short`.
        aliases: further spellings that the help lists.
        operand: what follows the name on the use line.
        hidden: left out of the list of commands.
        example: a comment and a command line, empty for none.
        job: it shows the log of the kind it is named after.
    """

    __slots__ = ("aliases", "example", "hidden", "job", "long", "name", "operand", "short")

    def __init__(
        self,
        name: str,
        short: str,
        *,
        long: str = "",
        aliases: tuple[str, ...] = (),
        operand: str = "",
        hidden: bool = False,
        example: tuple[str, str] | None = None,
        job: bool = False,
    ) -> None:
        self.name = name
        self.short = short
        self.long = long or short
        self.aliases = aliases
        self.operand = operand
        self.hidden = hidden
        self.example = example
        self.job = job


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
    operand="RESOURCE_NAME",
    example=(
        '# Get logs for BatchTransform job named "xgboost-mnist-batch" in the default namespace.',
        "kubectl smlogs BatchTransformJob xgboost-mnist-batch",
    ),
    job=True,
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
    operand="RESOURCE_NAME",
    hidden=True,
)
TRAINING_JOB = Command(
    "TrainingJob",
    "View TrainingJob logs via Kubernetes",
    aliases=("Trainingjob", "trainingjob", "trainingjobs", "TrainingJobs"),
    operand="RESOURCE_NAME",
    example=(
        '# Get logs for Training job named "xgboost-mnist-training" in the default namespace.',
        "kubectl smlogs TrainingJob xgboost-mnist-training",
    ),
    job=True,
)
HELP = Command(
    "help",
    "Help about any command",
    long="Help provides help for any command in the application.\n"
    "Simply type smlogs help [path to command] for full details.",
    operand="[command]",
)
VERSION = Command("version", "Print the version", hidden=True)

ALL = (BATCH_TRANSFORM_JOB, TUNING_JOB, TRAINING_JOB, VERSION, HELP)
"""In the order in which the help lists them."""

_GROUP = ".sagemaker.aws.amazon.com"
_SHORT_NAMES = {"tj": TRAINING_JOB, "btj": BATCH_TRANSFORM_JOB}


def find(word: str) -> Command | None:
    """The command a word means: in any case, singular or plural, short, and with the API group."""
    for command in ALL:
        if word == command.name or word in command.aliases:
            return command
    lowered = word.lower().removesuffix(_GROUP)
    for command in ALL:
        name = command.name.lower()
        if lowered == name or (command.operand == "RESOURCE_NAME" and lowered == f"{name}s"):
            return command
    return _SHORT_NAMES.get(lowered)


def suggestions(word: str) -> list[str]:
    """Names of visible commands that a mistyped word may have meant: two slips away, or begun like it."""
    lowered = word.lower()
    return [
        command.name
        for command in ALL
        if not command.hidden
        and (_distance(lowered, command.name.lower()) <= 2 or command.name.lower().startswith(lowered))
    ]


def _distance(left: str, right: str) -> int:
    """Levenshtein distance: the fewest insertions, deletions and replacements that turn one word into the other."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
