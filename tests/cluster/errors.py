"""The errors of this package; it must not import anything of it."""


class ClusterError(Exception):
    """The control plane or its binaries cannot be had; the text names the cause and the next step."""


class ApiError(ClusterError):
    """The API server answered a request with an error.

    Attributes:
        status: the HTTP status code.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
