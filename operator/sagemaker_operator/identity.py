"""Who the process is at AWS, as far as its environment tells: a role that nobody has set, no credentials at all. Pure.

Nothing here asks AWS or Kubernetes, and no credential is read, only whether there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

PLACEHOLDER = "role/DELETE_ME"
"""How the role in the installers and charts ends until somebody puts in their own (the original's text)."""
ROLE_NOT_SET = "RoleNotSet"
"""Reason of the Event about a role that is still the placeholder."""
ANNOTATION = "eks.amazonaws.com/role-arn"
"""Annotation of the ServiceAccount from which EKS takes the role (IAM roles for service accounts)."""
NAMESPACE = "sagemaker-k8s-operator-system"
ACCOUNT, DEPLOYMENT = "sagemaker-k8s-operator-default", "sagemaker-k8s-operator-controller-manager"
"""The operator's own ServiceAccount and Deployment, as all installers and charts call them."""

_ROLE, _TOKEN = "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
_FILES = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}


def hindrance(environ: Mapping[str, str], namespace: str) -> str:
    """What keeps this process from working, and the commands that put it right; empty when nothing does.

    The role may still be the placeholder. Access keys in the environment come before the role in AWS's chain of
    credentials: with them it is not used. The text is one line that fits into an Event (1,024 bytes).

    Args:
        environ: the environment.
        namespace: the namespace of this process's pod; empty when it is not known.
    """
    role = environ.get(_ROLE, "")
    if not role.endswith(f":{PLACEHOLDER}") or all(environ.get(key) for key in _KEYS):
        return ""
    namespace = namespace or NAMESPACE
    partition = role.split(":")[1]
    return (
        f"The operator does nothing: its IAM role is still the placeholder {role}. Put your role into annotation "
        f"{ANNOTATION} of ServiceAccount {namespace}/{ACCOUNT} and restart the pods: "
        f"kubectl annotate --overwrite -n {namespace} serviceaccount {ACCOUNT} "
        f"{ANNOTATION}=arn:{partition}:iam::YOUR-ACCOUNT:role/YOUR-ROLE && "
        f"kubectl rollout restart -n {namespace} deployment {DEPLOYMENT}"
    )


def pod(environ: Mapping[str, str], namespace: str) -> Mapping[str, str] | None:
    """This process's Pod, as an Event says what it is about; None when it is in none, or does not know.

    `kubectl describe pod` shows only Events with the pod's UID, so the Deployment should tell it (POD_UID).
    """
    name, uid = environ.get("POD_NAME", ""), environ.get("POD_UID", "")
    if not (name and namespace):
        return None
    about = {"apiVersion": "v1", "kind": "Pod", "name": name, "namespace": namespace}
    return {**about, "uid": uid} if uid else about


def no_credentials(environ: Mapping[str, str], exists: Callable[[str], bool]) -> str:
    """A warning where nothing gives this process credentials but, perhaps, the machine it runs on; else empty.

    Args:
        environ: the environment.
        exists: whether there is a file; `~` is the user's home.
    """
    ways = (
        all(environ.get(key) for key in _KEYS),
        environ.get(_ROLE) and environ.get(_TOKEN),
        any(environ.get(name) for name in _CONTAINER),
        any(exists(environ.get(name) or usual) for name, usual in _FILES.items()),
    )
    if any(ways):
        return ""
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        rest = "The metadata service of the machine is switched off as well, so every call to AWS will fail"
    else:
        rest = "Only the role of the machine is left, if it has one that pods may use"
    return (
        f"There are no AWS credentials for this process: no role (annotation {ANNOTATION} of its ServiceAccount, which "
        f"gives {_ROLE} and {_TOKEN} to new pods), no EKS Pod Identity association, no access keys, no shared files. "
        f"{rest}."
    )
