"""Whether a proxy of the environment is to be used for a server.

The rules are kubectl's, that is Go's (golang.org/x/net/http/httpproxy): `NO_PROXY` lists names (with their subdomains),
addresses, networks in CIDR form, each maybe with a port, or `*`; a server on this machine never needs a proxy.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def bypassed(url: str, no_proxy: str) -> bool:
    """Whether requests to a URL go there directly.

    Args:
        url: the server.
        no_proxy: value of the environment variable.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme)
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), host, address, port) for entry in no_proxy.split(","))


def _matches(
    entry: str, host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, port: int | None
) -> bool:
    if entry == "*":
        return True
    name, entry_port = _split(entry)
    if not name or (entry_port and entry_port != str(port)):
        return False
    if address is not None:
        try:
            return address in ipaddress.ip_network(name, strict=False)
        except ValueError:
            return False
    domain = name.removeprefix("*").lstrip(".")
    # With a dot before it, subdomains are meant and not the domain itself.
    return host.endswith(f".{domain}") or (host == domain and name == domain)


def _split(entry: str) -> tuple[str, str]:
    """Name and port; an IPv6 address has colons of its own."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, port
    return entry, ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
