"""What holds of every spec: AWS's own checks pass, the way back is exact, nothing is changed in place."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_operator.crds import model, overlay
from sagemaker_operator.mapping import drift, fields
from sagemaker_operator.mapping.description import from_description
from sagemaker_operator.mapping.request import to_request
from tests.unit.crds import schemas
from tests.unit.mapping.specs import EXAMPLES, specs

ROWS = {each.kind.name: each.kind for each in overlay.ALL if not each.parts}
KINDS = sorted(ROWS)
"""Kinds that one Create operation makes."""
SAMPLES = [
    path for path in sorted(schemas.SAMPLE_FOLDER.glob("*.yaml")) if path.stem.split("-")[0] in map(str.lower, KINDS)
]


@pytest.mark.parametrize("kind", KINDS)
@EXAMPLES
@given(data=st.data())
def test_requests_pass_the_service_model(kind: str, data: st.DataObject) -> None:
    """Every spec that the schema allows (entries without a name apart) passes botocore's own validation."""
    request = to_request(kind, data.draw(specs(kind)), "a-job", [{"Key": "owner", "Value": "me"}])
    shape = model.service("sagemaker").operation_model(ROWS[kind].api.create).input_shape
    assert ParamValidator().validate(request, shape).generate_report() == ""


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_make_valid_requests(path: Path) -> None:
    """Each shipped sample makes a request that botocore passes, and a job made from it has no differences."""
    sample = yaml.safe_load(path.read_text(encoding="utf-8"))
    kind = ROWS[sample["kind"]]
    request = to_request(kind.name, sample["spec"], sample["spec"].get(kind.spec_name) or "a-job")
    shape = model.service("sagemaker").operation_model(kind.api.create).input_shape
    assert ParamValidator().validate(request, shape).generate_report() == ""
    assert drift.differences(kind.name, sample["spec"], request) == ()


@pytest.mark.parametrize("kind", KINDS)
@EXAMPLES
@given(data=st.data())
def test_a_job_as_asked_for_has_no_differences(kind: str, data: st.DataObject) -> None:
    """A description that gives back the request is what the spec states, and makes the same request again."""
    spec = data.draw(specs(kind))
    name = spec.get(ROWS[kind].spec_name) or "a-job"
    request = to_request(kind, spec, name)
    assert drift.differences(kind, spec, request) == ()
    again = from_description(kind, request)
    assert to_request(kind, again, name) == request
    assert from_description(kind, to_request(kind, again, name)) == again


@pytest.mark.parametrize("kind", KINDS)
@EXAMPLES
@given(data=st.data())
def test_arguments_stay_as_they_are(kind: str, data: st.DataObject) -> None:
    """Neither conversion changes its arguments, and a change to what they return does not reach them."""
    spec = data.draw(specs(kind))
    before = copy.deepcopy(spec)
    request = to_request(kind, spec, "a-job")
    sent = copy.deepcopy(request)
    drift.differences(kind, spec, request)
    _spoil(from_description(kind, request))
    assert request == sent
    _spoil(request)
    assert spec == before


def _spoil(value: Any) -> None:
    """Empties every container of a document."""
    if isinstance(value, dict | list):
        for each in list(value.values() if isinstance(value, dict) else value):
            _spoil(each)
        value.clear()


def test_every_kind_has_a_field_map() -> None:
    """The field map knows each kind of the table, and says so when asked for another."""
    assert all(fields.of(each.kind.name).spec.fields for each in overlay.ALL)
    with pytest.raises(ValueError, match="no field map for the kind Pod; known are"):
        fields.of("Pod")


def test_no_aws_library_is_loaded() -> None:
    """The mapping runs without botocore, kubernetes and YAML: importing it loads none of them."""
    code = (
        "import json, sys\n"
        "from sagemaker_operator.mapping import description, drift, hosting, request, scaling\n"
        "request.to_request('TrainingJob', {}, 'a')\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert not {"boto3", "botocore", "kubernetes", "urllib3", "yaml"} & set(json.loads(done.stdout))
