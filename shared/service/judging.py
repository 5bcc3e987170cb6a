"""Judging a batch of rows against what is stored: who is refused, who is warned, and saving the rest.

Layouts judge what a file says by itself; services judge what only their database knows, and give their
findings the same shape here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.files.findings import Fault, fault_at
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.service.records import Incoming, Saved, SourceTable, save_records

LONGEST_KEY = 200


class Judgement:
    """Findings about the rows of one batch, by row number."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._faults: dict[int, list[Fault]] = {}
        self._warnings: dict[int, list[Fault]] = {}
        for row in rows:
            if len(row.key) > LONGEST_KEY:
                self.refuse(
                    row, None, "key_too_long", f"khóa dài quá {LONGEST_KEY} ký tự; hãy dùng mã ngắn hơn."
                )

    def refuse(self, row: Row, column: str | None, code: str, message: str) -> None:
        """The row is not stored. `message` says what is wrong and how to mend it, without the place."""
        self._faults.setdefault(row.number, []).append(_fault(row, column, code, message))

    def warn(self, row: Row, column: str | None, code: str, message: str) -> None:
        """The row is stored; its sender should look at it."""
        self._warnings.setdefault(row.number, []).append(_fault(row, column, code, message))

    def accepted(self) -> list[Row]:
        """The rows that nothing was refused of so far, in order."""
        return [row for row in self._rows if row.number not in self._faults]

    def outcomes(self, saved: Mapping[int, Saved]) -> list[Outcome]:
        """One outcome per row of the batch; `saved` has the accepted rows, by row number."""
        return [self._outcome(row, saved) for row in self._rows]

    def save(
        self,
        session: Session,
        clock: Clock,
        *,
        source: SourceTable,
        publisher: str,
        facts: Callable[[Row], Mapping[str, Any]] | None = None,
    ) -> list[Outcome]:
        """Store the accepted rows; one outcome per row of the batch.

        `facts`: what a row says in the columns of the table (none given: its cells of the same names).
        """
        accepted = self.accepted()
        incoming = [
            Incoming(
                key=row.key,
                facts=facts(row) if facts else {name: row.values[name] for name in source.facts},
                identity=row.identity,
                original=row.original,
            )
            for row in accepted
        ]
        saved = save_records(session, clock, source=source, publisher=publisher, rows=incoming)
        return self.outcomes(by_number(accepted, saved))

    def _outcome(self, row: Row, saved: Mapping[int, Saved]) -> Outcome:
        if (faults := self._faults.get(row.number)) is not None:
            return Outcome(row.number, "rejected", faults)
        return Outcome(row.number, saved[row.number].status, [], self._warnings.get(row.number, []))


def by_number(rows: Iterable[Row], saved: Iterable[Saved]) -> dict[int, Saved]:
    """Results of saving under the numbers of their rows."""
    return {row.number: result for row, result in zip(rows, saved, strict=True)}


def _fault(row: Row, column: str | None, code: str, message: str) -> Fault:
    value: Any = None if column is None else row.values.get(column)
    return fault_at(row.number, column, None if value is None else str(value), code, message)
