"""Metrics of the budgets."""

from __future__ import annotations

import prometheus_client as prom

from sagemaker_operator.budgets import Budgets
from sagemaker_operator.engine.spending import Spending
from sagemaker_operator.lines import Flow

CREATE = ("sagemaker", "us-east-1", "", "CreateTrainingJob")
LIST = ("sagemaker", "us-east-1", "http://vpc", "ListTrainingJobs")


def test_use_and_lines_are_told_by_operation() -> None:
    """The rate of what was throttled, what was granted, and who waits in which lane."""
    budgets = Budgets(lambda: 0.0)
    budgets.granted(LIST)
    budgets.throttled(CREATE)
    for flow in (Flow("a"), Flow("a"), Flow("b", urgent=True)):
        budgets.join(CREATE, flow)
    registry = prom.CollectorRegistry()
    registry.register(Spending(budgets.use))

    create = {"aws_service": "sagemaker", "operation": "CreateTrainingJob", "region": "us-east-1"}
    listed = {**create, "operation": "ListTrainingJobs"}
    assert registry.get_sample_value("sagemaker_operator_budget_rate", create) == budgets.rate(CREATE)
    assert registry.get_sample_value("sagemaker_operator_budget_rate", listed) is None
    assert registry.get_sample_value("sagemaker_operator_budget_granted", listed) == 0.1
    assert registry.get_sample_value("sagemaker_operator_budget_waiting", {**create, "lane": "normal"}) == 2
    assert registry.get_sample_value("sagemaker_operator_budget_waiting", {**create, "lane": "urgent"}) == 1
