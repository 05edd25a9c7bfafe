"""The parts of the election that need no API server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sagemaker_operator.engine.lease import Elector, lease_clock, micro_time
from tests.unit.engine.scripted import client_for


@pytest.mark.parametrize(("lease", "renew", "retry"), [(10.0, 10.0, 2.0), (15.0, 2.0, 2.0), (15.0, 10.0, 0.0)])
def test_times_without_room_are_refused(lease: float, renew: float, retry: float) -> None:
    """A leader must be able to try again before its deadline, and to stop before others may start."""
    with pytest.raises(ValueError, match="lease_duration > renew_deadline"):
        Elector(
            client_for("http://127.0.0.1:1"),
            *("ns", "lease", "me"),
            on_started=lambda: None,
            on_stopped=lambda: None,
            lease_duration=lease,
            renew_deadline=renew,
            retry_period=retry,
        )


def test_unreachable_server_makes_no_leader() -> None:
    """A candidate that reaches no API server never leads, and stops at once."""
    elector = Elector(
        client_for("http://127.0.0.1:1"),
        *("ns", "lease", "me"),
        on_started=lambda: pytest.fail("nobody can have made us the leader"),
        on_stopped=lambda: pytest.fail("we never were the leader"),
    )
    elector.start()
    assert not elector.is_leader()
    elector.stop()


def test_micro_time_has_six_decimals_in_utc() -> None:
    """Times are written as Kubernetes' MicroTime, whatever their zone."""
    assert micro_time(datetime(2026, 1, 31, 12, tzinfo=UTC)) == "2026-01-31T12:00:00.000000Z"
    east = timezone(timedelta(hours=2))
    assert micro_time(datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=east)) == "2026-01-31T10:00:00.000005Z"


def test_lease_clock_does_not_go_back() -> None:
    """The clock for leases is monotonic."""
    readings = [lease_clock() for _ in range(100)]
    assert readings == sorted(readings)
