"""The commands that tell about things instead of showing logs: `doctor`, `list`, `status`, `url`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubectl_smlogs import terminal
from kubectl_smlogs.agent import USER_AGENT
from kubectl_smlogs.finding import Cluster

if TYPE_CHECKING:
    from kubectl_smlogs.options import Options
    from kubectl_smlogs.output import Messages, Output


def run(command: str, options: Options, output: Output, messages: Messages) -> int:
    """Run one of them; the exit code.

    Raises:
        Failure: it ends with an error.
        OutputClosed: nobody reads the output any more.
        OutputFailed: the output is not taken.
        SmkubeError: the configuration cannot be used.
    """
    where = terminal.here(options.showing.color)
    messages.configure(quiet=options.showing.quiet, verbose=options.showing.verbose, live=False)
    now = datetime.now(UTC)

    def write(text: str) -> None:
        output.write(text.encode("utf-8", "backslashreplace"))

    if command == "doctor":
        from kubectl_smlogs.doctor.command import run as examine

        return examine(options, write, terminal=where, now=now)
    cluster = Cluster.of(options.where, user_agent=USER_AGENT, pool_size=4)
    if command == "url":
        from kubectl_smlogs import inspecting

        return inspecting.url(options, cluster, write, messages.notice)
    if command == "status":
        from kubectl_smlogs import inspecting

        return inspecting.status(options, cluster, write, messages.notice, terminal=where, now=now)
    from kubectl_smlogs import listing

    return listing.run(options, cluster, write, messages.notice, terminal=where, now=now)
