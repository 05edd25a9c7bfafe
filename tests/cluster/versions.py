"""Which versions are built, and how version texts are read; pure, it must not run or open anything."""

import re
from typing import Final, NamedTuple

#: The Go module (as named in go.mod) whose version is the version of a component.
MODULE_OF: Final = {
    "kube-apiserver": "k8s.io/kubernetes",
    "kubectl": "k8s.io/kubernetes",
    "etcd": "go.etcd.io/etcd/server/v3",
}

#: kubectl is supported within one minor version of the server, but the few verbs that the demo and the tests
#: use have not changed since this one, and a distribution's kubectl is often years behind.
OLDEST_KUBECTL: Final = (1, 28, 0)

#: The charts are for Helm 3 as well, but the tests name the flags of this one.
OLDEST_HELM: Final = (4, 0, 0)
_HELM: Final = "helm.sh/helm/v4"

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class Version(NamedTuple):
    """A version as numbers, so that it can be compared."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version:
    """Return the first version in `text`, for example of ``Kubernetes v1.37.2`` or ``go1.26``.

    Raises:
        ValueError: there is none.
    """
    found = _VERSION.search(text)
    if found is None:
        raise ValueError(f"no version number in {text!r}")
    return Version(int(found[1]), int(found[2]), int(found[3] or 0))


def pinned_versions(go_mod: str) -> dict[str, Version]:
    """Return the version of each component that the text of a go.mod asks for.

    Raises:
        ValueError: one of the modules of `MODULE_OF` is not required there.
    """
    return {component: _required(go_mod, module) for component, module in MODULE_OF.items()}


def pinned_helm(go_mod: str) -> Version:
    """Return the version of Helm that the text of its go.mod asks for.

    Raises:
        ValueError: it asks for none.
    """
    return _required(go_mod, _HELM)


def required_go(go_mod: str) -> Version:
    """Return the oldest Go release that may build this go.mod (its ``go`` line).

    Raises:
        ValueError: it has no such line.
    """
    found = re.search(r"^go (\S+)$", go_mod, re.MULTILINE)
    if found is None:
        raise ValueError("go.mod has no go line")
    return parse_version(found[1])


def link_flags(kubernetes: Version) -> str:
    """Return the linker flags for the Kubernetes programs.

    They drop the symbol tables (half of the size) and set the version, which a release build sets the same
    way; kubectl cannot parse the version of a server that was built without.
    """
    values = {
        "gitVersion": str(kubernetes),
        "gitMajor": str(kubernetes.major),
        "gitMinor": str(kubernetes.minor),
        "gitTreeState": "clean",
    }
    return " ".join(["-s", "-w", *(f"-X k8s.io/component-base/version.{k}={v}" for k, v in values.items())])


def helm_link_flags(version: Version) -> str:
    """Return the linker flags for Helm, which else tells no patch version."""
    return f"-s -w -X {_HELM}/internal/version.version={version}"


def _required(go_mod: str, module: str) -> Version:
    found = re.search(rf"^\s+{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise ValueError(f"go.mod does not require {module}")
    return parse_version(found[1])
