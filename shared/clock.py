"""Time as the house sees it: UTC instants, and days of Asia/Ho_Chi_Minh.

Nothing reads the system clock directly; a `Clock` is passed, so that tests fix it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Tells the instant; the day follows from it."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is set (tests)."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant


def today(clock: Clock) -> date:
    """The calendar day in Viet Nam at the clock's instant."""
    return clock.now().astimezone(HO_CHI_MINH).date()
