"""The custom resources that the plugin reads, as a table: ours and those of AWS Controllers for Kubernetes (ACK).

Read before anything else, also for `--help` and completion, so nothing is imported here, and the rows are plain
classes. What it says of our kinds must agree with `smkube.kinds`, which takes longer to import; a test compares them.
"""

from __future__ import annotations

GROUP = "sagemaker.aws.amazon.com"
ACK_GROUP = "sagemaker.services.k8s.aws"
"""API group of ACK's SageMaker controller."""

JOB, TUNING, ENDPOINT, SETTING = "job", "tuning", "endpoint", "setting"
"""What a resource stands for: a job, a tuning job, an endpoint, or something that writes no log."""


class Aws:
    """What SageMaker has for it.

    Args:
        noun: what SageMaker calls it.
        api_name: the API's member for its name, such as `TrainingJobName`.
        page: where the SageMaker console shows it, empty for nowhere.
        log_group: CloudWatch log group; of an endpoint the beginning; empty for what writes no log.
    """

    __slots__ = ("api_name", "log_group", "noun", "page")

    def __init__(self, noun: str, api_name: str, *, page: str = "", log_group: str = "") -> None:
        self.noun = noun
        self.api_name = api_name
        self.page = page
        self.log_group = log_group


class Fields:
    """Where an object says it.

    Args:
        word: field of the status for the status word.
        status_name: field of the status for the SageMaker name, empty for none.
        spec_name: field of the spec for the SageMaker name, empty for none.
    """

    __slots__ = ("spec_name", "status_name", "word")

    def __init__(self, word: str, *, status_name: str = "", spec_name: str = "") -> None:
        self.word = word
        self.status_name = status_name
        self.spec_name = spec_name


class Resource:
    """One custom resource.

    Args:
        kind: name of the kind.
        plural: as in URL paths.
        sort: JOB, TUNING, ENDPOINT or SETTING.
        aws: what SageMaker has for it.
        fields: where an object says it.
        short_names: as kubectl takes them.
        aliases: further words for it, in lower case.
        api_version: `<group>/<version>`.
    """

    __slots__ = ("aliases", "api_version", "aws", "fields", "group", "kind", "plural", "short_names", "sort", "version")

    def __init__(
        self,
        kind: str,
        plural: str,
        sort: str,
        aws: Aws,
        fields: Fields,
        *,
        short_names: tuple[str, ...] = (),
        aliases: tuple[str, ...] = (),
        api_version: str = f"{GROUP}/v1",
    ) -> None:
        self.kind = kind
        self.plural = plural
        self.sort = sort
        self.aws = aws
        self.fields = fields
        self.short_names = short_names
        self.aliases = aliases
        self.api_version = api_version
        self.group, _, self.version = api_version.partition("/")

    def __repr__(self) -> str:
        return f"<Resource {self.full}>"

    @property
    def full(self) -> str:
        """Full name, as in `kubectl get trainingjobs.sagemaker.aws.amazon.com`."""
        return f"{self.plural}.{self.group}"

    @property
    def ours(self) -> bool:
        """It belongs to this project's operator, and not to ACK."""
        return self.group == GROUP

    @property
    def label(self) -> str:
        """The kind, with the group where it is not ours; the command line takes it as well."""
        return self.kind if self.ours else f"{self.kind}.{self.group}"

    @property
    def has_log(self) -> bool:
        """Whether it writes a log."""
        return self.sort != SETTING

    def path(self, namespace: str = "", name: str = "") -> str:
        """URL path at the API server: of an object, of a namespace's objects, or of all of them."""
        from urllib.parse import quote

        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        end = f"/{quote(name, safe='')}" if name else ""
        return f"/apis/{self.api_version}{scope}/{self.plural}{end}"

    def words(self) -> tuple[str, ...]:
        """The words for it without a group, in lower case."""
        return (self.kind.lower(), self.plural, *self.short_names)


TRAINING_JOB = Resource(
    "TrainingJob",
    "trainingjobs",
    JOB,
    Aws("training job", "TrainingJobName", page="jobs", log_group="/aws/sagemaker/TrainingJobs"),
    Fields("trainingJobStatus", status_name="sageMakerTrainingJobName", spec_name="trainingJobName"),
    short_names=("tj",),
)
PROCESSING_JOB = Resource(
    "ProcessingJob",
    "processingjobs",
    JOB,
    Aws("processing job", "ProcessingJobName", page="processing-jobs", log_group="/aws/sagemaker/ProcessingJobs"),
    Fields("processingJobStatus", status_name="sageMakerProcessingJobName"),
    short_names=("pj",),
)
TUNING_JOB = Resource(
    "HyperparameterTuningJob",
    "hyperparametertuningjobs",
    TUNING,
    Aws(
        "hyperparameter tuning job",
        "HyperParameterTuningJobName",
        page="hyper-tuning-jobs",
        log_group="/aws/sagemaker/TrainingJobs",
    ),
    Fields(
        "hyperParameterTuningJobStatus",
        status_name="sageMakerHyperParameterTuningJobName",
        spec_name="hyperParameterTuningJobName",
    ),
    short_names=("htj",),
)
BATCH_TRANSFORM_JOB = Resource(
    "BatchTransformJob",
    "batchtransformjobs",
    JOB,
    Aws("transform job", "TransformJobName", page="transform-jobs", log_group="/aws/sagemaker/TransformJobs"),
    Fields("transformJobStatus", status_name="sageMakerTransformJobName", spec_name="transformJobName"),
    short_names=("btj",),
    aliases=("transformjob", "transformjobs"),
)
HOSTING_DEPLOYMENT = Resource(
    "HostingDeployment",
    "hostingdeployments",
    ENDPOINT,
    Aws("endpoint", "EndpointName", page="endpoints", log_group="/aws/sagemaker/Endpoints/"),
    Fields("endpointStatus", status_name="endpointName", spec_name="endpointName"),
    short_names=("hd",),
    aliases=("endpoint", "endpoints"),
)
MODEL = Resource(
    "Model",
    "models",
    SETTING,
    Aws("model", "ModelName", page="models"),
    Fields("status", status_name="sageMakerModelName"),
    short_names=("smm",),
)
ENDPOINT_CONFIG = Resource(
    "EndpointConfig",
    "endpointconfigs",
    SETTING,
    Aws("endpoint configuration", "EndpointConfigName", page="endpointConfig"),
    Fields("status", status_name="sageMakerEndpointConfigName"),
    short_names=("epc",),
)
AUTOSCALING_POLICY = Resource(
    "HostingAutoscalingPolicy",
    "hostingautoscalingpolicies",
    SETTING,
    Aws("autoscaling policy", "PolicyName"),
    Fields("hostingAutoscalingPolicyStatus", status_name="policyName", spec_name="policyName"),
    short_names=("hap",),
)

OURS = (
    TRAINING_JOB,
    PROCESSING_JOB,
    TUNING_JOB,
    BATCH_TRANSFORM_JOB,
    HOSTING_DEPLOYMENT,
    MODEL,
    ENDPOINT_CONFIG,
    AUTOSCALING_POLICY,
)


def _of_ack(ours: Resource, kind: str) -> Resource:
    """ACK's resource for the same thing at SageMaker (source: the CRDs of ACK's sagemaker-controller)."""
    name = ours.aws.api_name
    return Resource(
        kind,
        f"{kind.lower()}s",
        ours.sort,
        ours.aws,
        Fields(ours.fields.word, spec_name=name[:1].lower() + name[1:]),
        api_version=f"{ACK_GROUP}/v1alpha1",
    )


ACK_TRAINING_JOB = _of_ack(TRAINING_JOB, "TrainingJob")
ACK_PROCESSING_JOB = _of_ack(PROCESSING_JOB, "ProcessingJob")
ACK_TUNING_JOB = _of_ack(TUNING_JOB, "HyperParameterTuningJob")
ACK_TRANSFORM_JOB = _of_ack(BATCH_TRANSFORM_JOB, "TransformJob")
ACK_ENDPOINT = _of_ack(HOSTING_DEPLOYMENT, "Endpoint")

ACK = (ACK_TRAINING_JOB, ACK_PROCESSING_JOB, ACK_TUNING_JOB, ACK_TRANSFORM_JOB, ACK_ENDPOINT)
ALL = (*OURS, *ACK)


def find(word: str) -> Resource | None:
    """The resource that a word means first of all; None if it means none. See `candidates`."""
    found = candidates(word)
    return found[0] if found else None


def candidates(word: str) -> tuple[Resource, ...]:
    """The resources that a word may mean, in the order in which they are to be tried.

    Any case; singular, plural or short name. `kind.group` and `kind.version.group` mean one; without a group ours
    comes first, then ACK's for the same thing at SageMaker. As with kubectl, the beginning of a group will do.
    """
    name, _, group = word.lower().partition(".")
    if not group:
        return _without_group(name)
    named = [one for one in ALL if name in one.words() or (one.ours and name in one.aliases)]
    exact = [one for one in named if group in (one.group, f"{one.version}.{one.group}")]
    return tuple((exact or [one for one in named if one.group.startswith(group)])[:1])


def _without_group(name: str) -> tuple[Resource, ...]:
    for one in OURS:
        if name in one.words() or name in one.aliases:
            return (one, *(other for other in ACK if other.aws is one.aws))
    return ()


def split(word: str) -> tuple[str, str]:
    """`kind/name` taken apart; a word without a slash is a name, and its kind empty."""
    kind, slash, name = word.partition("/")
    return (kind, name) if slash else ("", word)
