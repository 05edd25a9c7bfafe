"""Where a service of AWS answers: configured by the user, or by botocore's rules for the region.

The same as a botocore client would do, without its description of the service; a test compares the two for all regions
that botocore knows.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

_RULES = "endpoint-rule-set-1"
_PREFIXES = {"sagemaker": "api.sagemaker"}
"""Names in botocore's list of endpoints, where they are not the service's."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """URL of a service, and the names to sign with."""

    url: str
    region: str
    service: str


def resolve(session: Any, service: str, region: str) -> Endpoint:
    """The endpoint of a service.

    Args:
        session: a botocore session.
        service: botocore's name of it, such as `logs`.
        region: empty for the session's region.

    Raises:
        BotoCoreError: the region is no region, or the configuration contradicts itself.
    """
    from botocore.exceptions import NoRegionError

    named = session._resolve_region_name(region or None, None)  # noqa: SLF001 - it also checks what the user typed
    if not named:
        raise NoRegionError
    # Regions such as `fips-us-east-1` are an old way to ask for the endpoints with validated cryptography.
    true_region = named.replace("fips-", "").replace("-fips", "")
    url = configured(session, service)
    if not url:
        url = _by_rules(session, service, true_region, fips=true_region != named)
    return Endpoint(_with_path(url), _signing_region(session, service, true_region), service)


def configured(session: Any, service: str) -> str:
    """What AWS_ENDPOINT_URL and its like, or the configuration file, say; empty if nothing.

    Raises:
        BotoCoreError: it is not a URL of a server.
    """
    from botocore.configprovider import ConfiguredEndpointProvider
    from botocore.exceptions import InvalidConfigError
    from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return ""
    url = ConfiguredEndpointProvider(
        full_config=session.full_config, scoped_config=session.get_scoped_config(), client_name=service
    ).provide()
    if not url:
        return ""
    if not is_valid_endpoint_url(url) and not is_valid_ipv6_endpoint_url(url):
        raise InvalidConfigError(error_msg=f"Invalid endpoint: {url}")
    return str(url)


def _by_rules(session: Any, service: str, region: str, *, fips: bool) -> str:
    from botocore.endpoint_provider import EndpointProvider

    loader = session.get_component("data_loader")
    # load_service_model would look through the folders of all services first.
    version = loader.determine_latest_version(service, _RULES)
    rules = loader.load_data(os.path.join(service, version, _RULES))  # noqa: PTH118 - a name, not a path
    found = EndpointProvider(rules, loader.load_data("partitions")).resolve_endpoint(
        Region=region,
        UseFIPS=bool(fips or session.get_config_variable("use_fips_endpoint")),
        UseDualStack=bool(session.get_config_variable("use_dualstack_endpoint")),
    )
    return str(found.url)


def _signing_region(session: Any, service: str, region: str) -> str:
    """The region itself, but for a few names that are no region's (`us-gov-west-1-secondary`)."""
    loader = session.get_component("data_loader")
    patterns = (partition["regionRegex"] for partition in loader.load_data("partitions")["partitions"])
    if any(re.match(pattern, region) for pattern in patterns):
        return region
    from botocore.regions import EndpointResolver

    # A long list, which costs more than all the rest.
    listed = EndpointResolver(loader.load_data("endpoints"), uses_builtin_data=True)
    found = listed.construct_endpoint(_PREFIXES.get(service, service), region) or {}
    return str(found.get("credentialScope", {}).get("region", region))


def _with_path(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return url if "/" in rest else f"{scheme}://{rest}/"
