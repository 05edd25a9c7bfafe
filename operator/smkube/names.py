"""Generated names: pure, and for ever the same for the same object.

The formula is the original operator's, so that objects it left behind are found again (its rule: optional
part, dash, required part, cut to the service's limit).
"""

from __future__ import annotations


def uid_hex(uid: str) -> str:
    """The object's UID without dashes: 32 hexadecimal digits."""
    return uid.replace("-", "")


def fit(optional: str, required: str, limit: int) -> str:
    """`<optional>-<required>`, the optional part cut from its end until the whole fits `limit` characters.

    When not even one character of the optional part fits, the required part alone is returned, cut to the
    limit.
    """
    excess = len(optional) + 1 + len(required) - limit
    if excess <= 0:
        return f"{optional}-{required}"
    if excess < len(optional):
        return f"{optional[:-excess]}-{required}"
    return required[:limit]


def generated(name: str, uid: str, limit: int) -> str:
    """The SageMaker name of an object that does not choose one itself.

    Args:
        name: `metadata.name`.
        uid: `metadata.uid`, with or without dashes.
        limit: greatest length that the SageMaker API allows, in characters.
    """
    return fit(name, uid_hex(uid), limit)


def sagemaker_safe(name: str) -> str:
    """The same name with every character that SageMaker refuses turned into a dash.

    Kubernetes allows dots in object names and SageMaker does not, so the original operator could never run
    a job for such an object; there is nothing to be compatible with.
    """
    return name.replace(".", "-")
