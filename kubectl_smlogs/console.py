"""Links into the AWS console: the page of a job or endpoint at SageMaker, and its log streams at CloudWatch. Pure.

AWS documents none of them; they are what the console itself shows in the address bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kubectl_smlogs.resources import AUTOSCALING_POLICY
from kubectl_smlogs.target import LogPlace, Target

_DOMAINS = {
    "cn-": "console.amazonaws.cn",
    "us-gov-": "console.amazonaws-us-gov.com",
    "eusc-": "console.amazonaws-eusc.eu",
}
"""By the beginning of the region's name: the console's domain in the other partitions of AWS."""
_CLOSED = ("us-iso", "eu-iso")
"""Regions of partitions that have no console for the public."""
_DOMAIN = "console.aws.amazon.com"


@dataclass(frozen=True, slots=True)
class Links:
    """Links; empty where there is nothing to link to."""

    sagemaker: str
    logs: str

    def document(self) -> dict[str, Any]:
        """For scripts."""
        return {name: link for name, link in (("sagemaker", self.sagemaker), ("logs", self.logs)) if link}


def links(target: Target, place: LogPlace | None = None) -> Links:
    """The links of a job, endpoint or setting.

    Args:
        target: with its SageMaker name and region, as far as they are known.
        place: where the log is, or the part of it that is meant; by default none is linked to.
    """
    region = place.region if place else target.region
    return Links(
        sagemaker=_page(target, region),
        logs=log_streams(region, place.group, place.selection.prefix) if place and target.job else "",
    )


def log_streams(region: str, group: str, prefix: str) -> str:
    """The log group's page, with the streams whose names begin so; empty where there is no console.

    Args:
        region: the log group's.
        group: its name.
        prefix: beginning of the streams' names; empty for all of them.
    """
    base = _base(region, "cloudwatch")
    if not base:
        return ""
    # What stands behind the question mark of the page inside the page is written with $ for %.
    narrowed = f"$3FlogStreamNameFilter$3D{_inner(prefix)}" if prefix else ""
    return f"{base}#logsV2:log-groups/log-group/{_inner(group)}{narrowed}"


def _page(target: Target, region: str) -> str:
    page, name = target.resource.aws.page, target.job
    if target.resource is AUTOSCALING_POLICY:
        page, name = "endpoints", target.scales
    base = _base(region, "sagemaker")
    return f"{base}#/{page}/{quote(name, safe='')}" if base and page and name else ""


def _base(region: str, service: str) -> str:
    if not region or region.startswith(_CLOSED):
        return ""
    domain = next((domain for begin, domain in _DOMAINS.items() if region.startswith(begin)), _DOMAIN)
    where = quote(region, safe="")
    return f"https://{where}.{domain}/{service}/home?region={where}"


def _inner(text: str) -> str:
    """The console's own encoding of names: percent-encoded twice, with $ for the outer %. A slash becomes `$252F`."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
