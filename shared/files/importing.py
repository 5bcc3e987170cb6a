"""Saving parsed rows: routing to the services concerned, chunks, counts, moves, trial runs.

One transaction per service and chunk; with `all_or_nothing` and `dry_run` one per service for the whole
file. No transaction spans two services: a kill between them is mended by importing the same file again,
because a row that is already there counts as the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.files.findings import Fault
from shared.files.layout import Layout, Parsed, Row

if TYPE_CHECKING:
    from shared.database import Database

Status: TypeAlias = Literal["new", "changed", "same", "rejected"]

CHUNK = 2000
"""Rows per transaction: long enough to be fast, short enough that others can write in between."""

MOVED = "moved"
"""The reason of a withdrawal whose row now lives in another service."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; faults say why it was rejected, warnings count for nothing."""

    row: int
    status: Status
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """A KIND of file as one service takes it.

    `accepts`: whether a row belongs to this service. `save(session, clock, publisher, organisation, rows)`
    stores rows and answers one `Outcome` per row. `holds(session, publisher, keys)` tells which keys the
    service has, not withdrawn. `withdraw(session, clock, publisher, key, reason)` takes one row back and
    tells whether there was one.
    """

    layout: Layout
    accepts: Callable[[Row], bool]
    save: Callable[[Session, Clock, str, str | None, Sequence[Row]], list[Outcome]]
    holds: Callable[[Session, str, Sequence[str]], set[str]]
    withdraw: Callable[[Session, Clock, str, str, str], bool]


@dataclass(slots=True)
class Report:
    """The answer of an import. `statuses` tells what became of each row, by its number."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    statuses: dict[int, Status] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether something was refused: a row, or the file."""
        return bool(self.rejected or self.faults)

    def to_json(self) -> dict[str, Any]:
        """The answer as in the interfaces page; what was said is in the order of the rows."""
        return {
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "rejected": self.rejected,
            "faults": [fault.to_json() for fault in _in_order(self.faults)],
            "warnings": [warning.to_json() for warning in _in_order(self.warnings)],
        }


def import_rows(
    targets: Sequence[tuple[Kind, Database]],
    parsed: Parsed,
    *,
    publisher: str,
    organisation: str | None,
    clock: Clock,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Save what was parsed, in every service that accepts a row.

    A row that several services accept counts once. A key that a service holds although it does not accept
    its row any more is withdrawn there. `progress` hears (rows done, rows in all) after every chunk.
    """
    report = Report(faults=list(parsed.faults), warnings=list(parsed.warnings), rejected=len(parsed.rejected))
    report.statuses.update(dict.fromkeys(parsed.rejected, "rejected"))
    importing = _Importing(targets, publisher=publisher, organisation=organisation, clock=clock)
    whole = dry_run or all_or_nothing
    total = len(parsed.rows)
    try:
        with importing.sessions_for_all() if whole else _nothing():
            done = 0
            for rows in _chunks(parsed.rows):
                for outcome in importing.save(rows):
                    _count(report, outcome, repeats=parsed.repeats.get(outcome.row, 0))
                done += len(rows)
                if progress is not None:
                    progress(done, total)
            if dry_run or (all_or_nothing and report.refused):
                raise _RollBack
    except _RollBack:
        pass
    if all_or_nothing and report.refused and not dry_run:
        _nothing_saved(report)
    return report


class _RollBack(Exception):
    """Ends the transactions of a trial run, or of a file refused as a whole."""


class _Importing:
    """One run: what stays the same over the chunks, and the sessions that stay open over them."""

    def __init__(
        self,
        targets: Sequence[tuple[Kind, Database]],
        *,
        publisher: str,
        organisation: str | None,
        clock: Clock,
    ) -> None:
        self.targets = targets
        self.publisher = publisher
        self.organisation = organisation
        self.clock = clock
        self.open_sessions: list[Session] | None = None

    @contextmanager
    def sessions_for_all(self) -> Iterator[None]:
        """Hold one transaction per target until the end."""
        with ExitStack() as stack:
            self.open_sessions = [stack.enter_context(database.write()) for _, database in self.targets]
            yield

    def save(self, rows: Sequence[Row]) -> list[Outcome]:
        """Save a chunk in every target, in the order of targets; then take back what has moved."""
        outcomes: dict[int, list[Outcome]] = {row.number: [] for row in rows}
        rejected: set[int] = set()
        for place, (kind, _) in enumerate(self.targets):
            accepted = [row for row in rows if row.number not in rejected and kind.accepts(row)]
            if not accepted:
                continue
            with self._session(place) as session:
                saved = kind.save(session, self.clock, self.publisher, self.organisation, accepted)
            for outcome in saved:
                outcomes[outcome.row].append(outcome)
                if outcome.status == "rejected":
                    rejected.add(outcome.row)
        moved = self._take_back([row for row in rows if outcomes[row.number] and row.number not in rejected])
        return [_merged(row, outcomes[row.number], moved=row.key in moved) for row in rows]

    def _take_back(self, saved: Sequence[Row]) -> set[str]:
        moved: set[str] = set()
        for place, (kind, database) in enumerate(self.targets):
            keys = [row.key for row in saved if not kind.accepts(row)]
            if not keys:
                continue
            with self._session(place) if self.open_sessions else database.read() as session:
                held = kind.holds(session, self.publisher, keys)
            if held:
                with self._session(place) as session:
                    for key in sorted(held):
                        kind.withdraw(session, self.clock, self.publisher, key, MOVED)
                moved |= held
        return moved

    @contextmanager
    def _session(self, place: int) -> Iterator[Session]:
        if self.open_sessions is not None:
            yield self.open_sessions[place]
            return
        with self.targets[place][1].write() as session:
            yield session


def _merged(row: Row, outcomes: Sequence[Outcome], *, moved: bool) -> Outcome:
    """One outcome for a row that went to one service, to several, or to none."""
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    warnings = list(dict.fromkeys(warning for outcome in outcomes for warning in outcome.warnings))
    statuses = {outcome.status for outcome in outcomes}
    status: Status
    if not outcomes:
        message = f"Hàng {row.number}: không dịch vụ nào nhận hàng loại này; hãy kiểm tra cột phân loại."
        return Outcome(row.number, "rejected", [Fault(row.number, None, None, "nobody_accepts", message)])
    if "rejected" in statuses:
        status = "rejected"
    elif statuses == {"same"} and not moved:
        status = "same"
    elif statuses == {"new"} and not moved:
        status = "new"
    else:
        status = "changed"
    return Outcome(row.number, status, faults, warnings)


def _count(report: Report, outcome: Outcome, *, repeats: int) -> None:
    """Add one row, and the rows that repeat its content: they are the same, or as wrong as the first."""
    report.statuses[outcome.row] = outcome.status
    match outcome.status:
        case "new":
            report.new += 1
        case "changed":
            report.changed += 1
        case "same":
            report.same += 1
        case "rejected":
            report.rejected += 1 + repeats
    if outcome.status != "rejected":
        report.same += repeats
    report.faults.extend(outcome.faults)
    report.warnings.extend(outcome.warnings)


def _nothing_saved(report: Report) -> None:
    """Say that the good rows were not saved either."""
    report.new = report.changed = 0
    message = (
        f"Không hàng nào được lưu vì có {report.rejected} hàng bị từ chối; hãy sửa các hàng đó rồi gửi lại."
    )
    report.warnings.append(Fault(None, None, None, "nothing_saved", message))


def _chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: -1 if fault.row is None else fault.row)
