"""The errors of the core: one root, one branch for each world it speaks to.

Foreign exceptions are translated once, in `smkube.kube` and `smkube.aws`, and chained; nothing above
those packages needs to know which library raised them.
"""

from __future__ import annotations


class SmkubeError(Exception):
    """Any failure that the core reports on purpose; its text is fit to be shown to a user."""


class ConfigError(SmkubeError):
    """The connection settings (kubeconfig, context, in-cluster files, flags) cannot be used."""


class KubeError(SmkubeError):
    """The Kubernetes API refused a request, or could not be reached.

    Args:
        status: HTTP status, or 0 when there was no answer.
        reason: `reason` of the Status object (`NotFound`, `Conflict`, ...), or a short word of our own.
        message: the API server's own message, or the cause of the missing answer.
        retry_after: seconds the server asked us to wait, if it did.
    """

    def __init__(self, status: int, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after

    @property
    def not_found(self) -> bool:
        """The object, its kind or its namespace does not exist."""
        return self.status == 404

    @property
    def conflict(self) -> bool:
        """The object changed since it was read; read again and try again."""
        return self.status == 409

    @property
    def expired(self) -> bool:
        """The resource version is too old to be watched from; list again."""
        return self.status == 410 or self.reason == "Expired"

    @property
    def unreachable(self) -> bool:
        """There was no answer from the API server."""
        return self.status == 0


class AwsError(SmkubeError):
    """AWS refused a request, or could not be reached.

    Args:
        operation: the API operation, for example `CreateTrainingJob`.
        code: AWS's error code, or a word of our own when there was no answer (`ConnectionError`,
            `NoCredentials`).
        message: AWS's message.
        status: HTTP status, or 0 when there was no answer.
        request_id: AWS's request id, for support cases; may be empty.

    Attributes:
        seconds: how long the call took, where somebody has measured it.
    """

    seconds: float | None = None

    def __init__(self, operation: str, code: str, message: str, *, status: int = 0, request_id: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id

    def text(self) -> str:
        """The form in which the original operator put AWS errors into `additional` (two lines)."""
        if not self.status:
            return f"{self.code}: {self.message}"
        return f"{self.code}: {self.message}\n\tstatus code: {self.status}, request id: {self.request_id}"
