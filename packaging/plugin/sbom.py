"""The bill of materials of a frozen program, as CycloneDX 1.6 (ECMA-424); pure.

Scanners find known vulnerabilities by the package URLs, and those of Python by its CPE. Written without a library:
the document is a dozen fields, and the same contents must give the same bytes, so it tells no time.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from typing import Any

from contents import Contents, Library, license_name
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "kubectl-smlogs"
_SIMPLE = re.compile(r"[A-Za-z0-9.+-]+")
_SPDX = re.compile(rf"{_SIMPLE.pattern}(?: (?:AND|OR|WITH) {_SIMPLE.pattern})*")


def document(
    held: Contents, *, version: str, system: str, needs: str, program: bytes, lock: Mapping[str, list[str]]
) -> str:
    """The document, the same for the same arguments.

    Args:
        held: what the program is made of.
        version: of the program.
        system: that it is made for, `linux/amd64`.
        needs: what it needs of the system it runs on.
        program: the delivered file.
        lock: from `name==version` of packages to the SHA-256 digests of their files.
    """
    packages = [_package(one, lock) for one in held.distributions]
    parts = [_python(), *packages, *map(_library, held.libraries)]
    body = {
        "metadata": {
            "tools": {"components": [_tool(held)]},
            "component": {
                "type": "application",
                "bom-ref": NAME,
                "name": NAME,
                "version": version,
                "purl": f"pkg:generic/{NAME}@{version}",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [_hash(hashlib.sha256(program).hexdigest())],
                "properties": [{"name": f"{NAME}:system", "value": system}, {"name": f"{NAME}:needs", "value": needs}],
            },
        },
        "components": parts,
        "dependencies": _dependencies(held, parts),
    }
    # The number of a document of the same contents is the same.
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(body, sort_keys=True))
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
    }
    return json.dumps({**head, **body}, indent=2) + "\n"


def read_lock(text: str) -> dict[str, list[str]]:
    """The digests that requirements.lock gives for each `name==version`."""
    entries: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", text):
        pin = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry)
        if pin:
            entries[f"{canonicalize_name(pin[1])}=={pin[2]}"] = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
    return entries


def _tool(held: Contents) -> dict[str, Any]:
    [tool] = (one for one in held.distributions if canonicalize_name(one.metadata["Name"]) == "pyinstaller")
    return {"type": "application", "name": tool.metadata["Name"], "version": tool.version}


def _python() -> dict[str, Any]:
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": "python",
        "name": "CPython",
        "version": version,
        "purl": f"pkg:generic/python@{version}",
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def _package(one: Distribution, lock: Mapping[str, list[str]]) -> dict[str, Any]:
    purl = _purl(one)
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": one.metadata["Name"],
        "version": one.version,
        "purl": purl,
        "licenses": _licenses(license_name(one)),
    }
    digests = lock.get(f"{canonicalize_name(one.metadata['Name'])}=={one.version}")
    if digests:
        comment = "one of these files was installed"
        made["externalReferences"] = [
            {"type": "distribution", "url": purl, "comment": comment, "hashes": [_hash(one) for one in digests]}
        ]
    return made


def _library(one: Library) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": one.file,
        "name": one.name,
        "purl": one.purl,
        "licenses": _licenses(one.license or "see LICENSES.txt"),
        "hashes": [_hash(one.sha256)],
        "properties": [{"name": f"{NAME}:file", "value": one.file}],
    }
    return {**made, "version": one.version} if one.version else made


def _purl(one: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(one.metadata['Name'])}@{one.version}"


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _licenses(told: str) -> list[dict[str, Any]]:
    """An SPDX expression if it looks like one, otherwise a name."""
    if not told:
        return []
    if _SPDX.fullmatch(told):
        return [{"expression": told}]
    return [{"license": {"name": told}}]


def _dependencies(held: Contents, parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What needs what, as far as the packages say so; the program itself needs all."""
    there = {canonicalize_name(one.metadata["Name"]): _purl(one) for one in held.distributions}
    found = [{"ref": NAME, "dependsOn": [part["bom-ref"] for part in parts]}]
    found.append({"ref": "python", "dependsOn": [one.file for one in held.libraries]})
    for one in held.distributions:
        needed = [Requirement(line) for line in one.requires or ()]
        names = {canonicalize_name(need.name) for need in needed if _applies(need)}
        found.append({"ref": _purl(one), "dependsOn": sorted(there[name] for name in names & there.keys())})
    return found


def _applies(need: Requirement) -> bool:
    return need.marker is None or need.marker.evaluate({"extra": ""})
