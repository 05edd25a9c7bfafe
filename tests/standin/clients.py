"""botocore clients and smallest valid requests for a stand-in, for tests."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.standin.control import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Callable

ACCESS_KEY = "AKIDSTANDIN"
ANY_KEY = "any"  # requests must be signed, but the stand-in does not check with what
ROLE = "arn:aws:iam::123456789012:role/service-role/execution"


@lru_cache(maxsize=1)
def _session() -> Any:
    # One session for all clients: it keeps the service models it has read.
    return botocore.session.Session()


def client(
    url: str, service: str, *, region: str = DEFAULT_REGION, access_key: str = ACCESS_KEY, tries: int = 1
) -> Any:
    """A client of the stand-in at `url`; by default without botocore's own retries."""
    config = Config(retries={"total_max_attempts": tries, "mode": "standard"}, connect_timeout=5, read_timeout=30)
    return _session().create_client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=ANY_KEY,
        config=config,
    )


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """Error code and text of a call that must be refused. AssertionError if it isn't."""
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("the call was not refused")


def training_request(name: str, instances: int = 1, **more: Any) -> dict[str, Any]:
    """A small CreateTrainingJob request."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        **more,
    }


def transform_request(name: str, model: str, instances: int = 1, **more: Any) -> dict[str, Any]:
    """A small CreateTransformJob request."""
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": instances},
        **more,
    }
