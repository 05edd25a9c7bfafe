"""What all parts of one log command share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubectl_smlogs.awaiting import Patience
    from kubectl_smlogs.finding import Cluster
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.output import Messages, Output
    from kubectl_smlogs.present import Presenter
    from kubectl_smlogs.requests import Requests
    from kubectl_smlogs.stop import Stop


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a log command.

    Attributes:
        options: the command line.
        cluster: the API server.
        requests: AWS.
        output: standard output, or the pager.
        messages: standard error.
        presenter: shows lines and what there is to say about them.
        stop: ends it early.
        patience: how long to wait for what is not there yet; None for not at all.
    """

    options: Options
    cluster: Cluster
    requests: Requests
    output: Output
    messages: Messages
    presenter: Presenter
    stop: Stop
    patience: Patience | None
