"""NO_PROXY by kubectl's rules."""

from __future__ import annotations

import pytest

from smkube.kube.proxies import bypassed


@pytest.mark.parametrize(
    ("url", "no_proxy", "wanted"),
    [
        ("https://api.example", "", False),
        ("https://api.example", "*", True),
        ("https://api.example", "api.example", True),
        ("https://API.example.", "api.EXAMPLE", True),
        ("https://eu.api.example", "other, api.example", True),
        ("https://api.example", ".api.example", False),
        ("https://eu.api.example", ".api.example", True),
        ("https://eu.api.example", "*.api.example", True),
        ("https://api.example", "*.api.example", False),
        ("https://myapi.example", "api.example", False),
        ("https://api.example:6443", "api.example:6443", True),
        ("https://api.example:6443", "api.example:443", False),
        ("https://api.example", "api.example:443", True),
        ("http://api.example", "api.example:80", True),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", True),
        ("https://10.1.2.3", "11.0.0.0/8", False),
        ("https://10.1.2.3", "2.3", False),
        ("https://[2001:db8::1]:6443", "2001:db8::/32", True),
        ("https://[2001:db8::1]:6443", "[2001:db8::1]:6443", True),
        ("https://[2001:db8::1]:6443", "[2001:db8::1]:443", False),
        ("https://[2001:db8::1]", "2001:db8::1", True),
        ("https://api.example", "10.0.0.0/8", False),
        ("https://localhost:6443", "", True),
        ("https://127.0.0.1:6443", "", True),
        ("https://127.8.8.8", "", True),
        ("https://[::1]:6443", "", True),
        ("https://api.example", ",, ,", False),
    ],
)
def test_which_servers_are_reached_directly(url: str, no_proxy: str, wanted: bool) -> None:
    """Names with their subdomains, addresses, networks and ports count, and this machine needs no proxy."""
    assert bypassed(url, no_proxy) is wanted
