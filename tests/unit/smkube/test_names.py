"""Generated names are the original operator's, or objects it left behind would not be found again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smkube import names

UID = "8a4f2c1e-0b3d-4e5f-9a6b-7c8d9e0f1a2b"
HEX = "8a4f2c1e0b3d4e5f9a6b7c8d9e0f1a2b"


@pytest.mark.parametrize(
    ("name", "limit", "wanted"),
    [
        ("xgboost-mnist", 63, f"xgboost-mnist-{HEX}"),
        ("n" * 30, 63, f"{'n' * 30}-{HEX}"),
        ("n" * 31, 63, f"{'n' * 30}-{HEX}"),
        ("my-very-long-training-job-name-indeed", 63, f"my-very-long-training-job-name-{HEX}"),
        ("spot-xgboost-mnist-hpo", 32, HEX),
        ("a", 33, HEX),
        ("ab", 34, f"a-{HEX}"),
        ("abc", 20, HEX[:20]),
    ],
)
def test_the_formula(name: str, limit: int, wanted: str) -> None:
    """Name, dash, UID; the name is cut from its end, and dropped when nothing of it fits."""
    assert names.generated(name, UID, limit) == wanted


@given(st.text("abcdefgh-.", min_size=1, max_size=253), st.uuids(), st.integers(1, 253))
def test_names_fit_and_repeat(name: str, uid: object, limit: int) -> None:
    """Whatever the object is called: the name fits the limit, keeps the UID if there is room, and is stable."""
    made = names.generated(name, str(uid), limit)

    assert len(made) <= limit
    assert made == names.generated(name, str(uid), limit)
    assert limit < 32 or made.endswith(names.uid_hex(str(uid)))


def test_dots_become_dashes() -> None:
    """SageMaker refuses dots, Kubernetes does not."""
    assert names.sagemaker_safe("v1.2.3-a") == "v1-2-3-a"
