"""What a HostingDeployment asks for: its children and the requests about its endpoint."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from botocore.validate import ParamValidator

from sagemaker_operator.crds import model
from sagemaker_operator.mapping import hosting
from sagemaker_operator.mapping.request import to_request
from tests.unit.crds import schemas

_NO_PRIMARY = (
    "Unable to determine primary container for model 'm'. Either specify explicitly or provide only one container."
)
SAMPLES = sorted(schemas.SAMPLE_FOLDER.glob("hostingdeployment*.yaml"))


def _container(hostname: str) -> dict[str, Any]:
    return {"containerHostname": hostname, "image": "image", "modelDataUrl": "s3://b/m"}


def _spec(**changes: Any) -> dict[str, Any]:
    entry = {"name": "m", "executionRoleArn": "role", "containers": [_container("one")]}
    variant = {"variantName": "v", "modelName": "m", "initialInstanceCount": 1, "instanceType": "ml.m5.large"}
    return {"region": "us-west-2", "models": [entry], "productionVariants": [variant], **changes}


def _entry(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "m", "executionRoleArn": "role", **changes}]


def _problems(operation: str, parameters: dict[str, Any]) -> str:
    shape = model.service("sagemaker").operation_model(operation).input_shape
    report: str = ParamValidator().validate(parameters, shape).generate_report()
    return report


def test_model_has_region_endpoint_and_tags_of_the_deployment() -> None:
    """What the deployment says of client and tags holds for each child; the rest is the entry's."""
    tags = [{"key": "a", "value": "b"}]
    vpc = {"securityGroupIds": ["sg"], "subnets": ["subnet"]}
    entry = _entry(containers=[_container("one")], enableNetworkIsolation=False, vpcConfig=vpc)
    spec = _spec(models=entry, tags=tags, sageMakerEndpoint="https://x", kmsKeyId="k")
    assert hosting.models(spec) == {
        "m": {
            "region": "us-west-2",
            "sageMakerEndpoint": "https://x",
            "tags": tags,
            "executionRoleArn": "role",
            "enableNetworkIsolation": False,
            "vpcConfig": vpc,
            "primaryContainer": _container("one"),
        }
    }


def test_several_containers_stay_in_their_order() -> None:
    """With more than one container all are used in the given order, whatever primaryContainer says."""
    containers = [_container("two"), _container("one")]
    child = hosting.models(_spec(models=_entry(containers=containers, primaryContainer="nobody")))["m"]
    assert child["containers"] == containers
    assert "primaryContainer" not in child


@pytest.mark.parametrize("named", [{}, {"primaryContainer": "one"}, {"primaryContainer": ""}])
def test_only_container_is_the_primary_one(named: dict[str, str]) -> None:
    """A single container is the primary one, named or not."""
    child = hosting.models(_spec(models=_entry(containers=[_container("one")], **named)))["m"]
    assert child["primaryContainer"] == _container("one")


@pytest.mark.parametrize(
    ("models", "text"),
    [
        ([{"containers": [_container("one")]}], "All models must have names"),
        (
            _entry(containers=[_container("one")]) * 2,
            "Model names must be unique. Found multiple models with name 'm'",
        ),
        (_entry(containers=[{"image": "i"}]), "All containers must have hostnames"),
        (
            _entry(containers=[_container("one"), _container("one")]),
            "Model 'm' container hostnames must be unique. Found multiple containers with hostname 'one'",
        ),
        (_entry(containers=[]), _NO_PRIMARY),
        (_entry(containers=[_container("one")], primaryContainer="two"), "Unknown primary container 'two'"),
        (_entry(primaryContainer="two"), "Unknown primary container 'two'"),
    ],
)
def test_models_that_cannot_be(models: list[dict[str, Any]], text: str) -> None:
    """What is wrong with the models is said in the original's words."""
    with pytest.raises(hosting.ModelError) as error:
        hosting.models(_spec(models=models))
    assert str(error.value) == text
    with pytest.raises(hosting.HostingError):
        hosting.check(_spec(models=models))


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        ({"modelName": "m"}, "ProductionVariant has nil VariantName"),
        ({"variantName": "v"}, "ProductionVariant 'v' has nil ModelName"),
        (
            {"variantName": "v", "modelName": "x"},
            "ProductionVariant 'v' has the model 'x', which is none of the models",
        ),
    ],
)
@pytest.mark.parametrize("field", ["productionVariants", "shadowProductionVariants"])
def test_variants_that_cannot_be(field: str, variant: dict[str, Any], text: str) -> None:
    """What is wrong with the variants is said in the original's words; that a model is unknown, in ours."""
    with pytest.raises(hosting.VariantError) as error:
        hosting.check(_spec(**{field: [variant]}))
    assert str(error.value) == text


def test_variants_get_sagemakers_names() -> None:
    """Variants, shadows and instance pools refer to models by SageMaker's names in the configuration."""
    pools = [{"instanceType": "ml.g5.xlarge", "modelNameOverride": "n", "priority": 1}]
    spec = _spec(
        productionVariants=[{"variantName": "v", "modelName": "m", "instancePools": pools}],
        shadowProductionVariants=[{"variantName": "s", "modelName": "n", "initialVariantWeight": 0.5}],
        kmsKeyId="key",
        executionRoleArn="role",
        tags=[{"key": "a", "value": "b"}],
        deploymentConfig={"autoRollbackConfiguration": {}},
        endpointName="e",
    )
    assert hosting.endpoint_config(spec, {"m": "sm-m", "n": "sm-n"}) == {
        "region": "us-west-2",
        "tags": [{"key": "a", "value": "b"}],
        "kmsKeyId": "key",
        "executionRoleArn": "role",
        "productionVariants": [
            {"variantName": "v", "modelName": "sm-m", "instancePools": [{**pools[0], "modelNameOverride": "sm-n"}]}
        ],
        "shadowProductionVariants": [{"variantName": "s", "modelName": "sm-n", "initialVariantWeight": 0.5}],
    }


def test_variant_for_inference_components_has_no_model() -> None:
    """Where the configuration has a role, a variant may be without a model."""
    spec = _spec(models=[], productionVariants=[{"variantName": "v"}], executionRoleArn="role")
    assert hosting.models(spec) == {}
    assert hosting.endpoint_config(spec, {})["productionVariants"] == [{"variantName": "v"}]


def test_requests_about_the_endpoint() -> None:
    """CreateEndpoint has the tags, UpdateEndpoint what is retained, both how traffic moves; the spec's tags win."""
    spec = _spec(
        endpointName="ignored",
        tags=[{"key": "a", "value": "mine"}],
        retainAllVariantProperties=True,
        excludeRetainedVariantProperties=[{"variantPropertyType": "DesiredWeight"}],
        retainDeploymentConfig=False,
        deploymentConfig={
            "rollingUpdatePolicy": {
                "maximumBatchSize": {"type": "INSTANCE_COUNT", "value": 1.0},
                "waitIntervalInSeconds": 60,
            }
        },
    )
    rolling = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 60}
    names = {"EndpointName": "e", "EndpointConfigName": "c"}
    extra = [{"Key": "a", "Value": "other"}, {"Key": "b", "Value": "ours"}]
    create = hosting.endpoint_create(spec, "e", "c", extra)
    assert create == {
        **names,
        "DeploymentConfig": {"RollingUpdatePolicy": rolling},
        "Tags": [{"Key": "a", "Value": "mine"}, {"Key": "b", "Value": "ours"}],
    }
    update = hosting.endpoint_update(spec, "e", "c")
    assert update == {
        **names,
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        "RetainDeploymentConfig": False,
        "DeploymentConfig": {"RollingUpdatePolicy": rolling},
    }
    assert _problems("CreateEndpoint", create) == _problems("UpdateEndpoint", update) == ""


def test_requests_of_a_plain_deployment() -> None:
    """Without anything but names there is nothing to say."""
    names = {"EndpointName": "e", "EndpointConfigName": "c"}
    assert hosting.endpoint_create(_spec(), "e", "c") == names
    assert hosting.endpoint_update(_spec(), "e", "c") == names


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_make_valid_children_and_requests(path: Any) -> None:
    """Children of each sample are within their schemas and make requests that botocore passes; nothing is changed."""
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    before = copy.deepcopy(spec)
    models = hosting.models(spec)
    config = hosting.endpoint_config(spec, {name: f"sm-{name}" for name in models})
    children = [("Model", "CreateModel", each) for each in models.values()]
    for kind, operation, child in [*children, ("EndpointConfig", "CreateEndpointConfig", config)]:
        known = {place for place, _ in schemas.walk(schemas.spec_schema(kind))}
        assert set(schemas.leaves(child)) <= known
        assert _problems(operation, to_request(kind, child, "name")) == ""
    assert _problems("CreateEndpoint", hosting.endpoint_create(spec, "e", "c")) == ""
    assert _problems("UpdateEndpoint", hosting.endpoint_update(spec, "e", "c")) == ""
    assert spec == before
