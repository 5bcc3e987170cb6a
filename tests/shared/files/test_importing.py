"""Importing into two real databases: routing, counts, moves, trial runs, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column as TableColumn
from sqlalchemy import MetaData, String, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from shared.clock import Clock, FixedClock
from shared.database import Database, open_database
from shared.files import importing
from shared.files.findings import fault_at
from shared.files.importing import Kind, Outcome, Report, import_rows
from shared.files.layout import Row
from shared.files.layouts import INSTITUTIONS
from tests.shared.files.rows import parsed

CLOCK = FixedClock(datetime(2026, 11, 22, 3, tzinfo=UTC))
METADATA = MetaData()
STORED = Table("stored", METADATA, TableColumn("key", String, primary_key=True), TableColumn("name", String))


def institution(code: str, kind: str, name: str = "Trường mẫu") -> dict[str, Any]:
    return {"code": code, "name": name, "kind": kind, "valid_from": "2025-07-01"}


@dataclass(frozen=True)
class Register:
    """A small service that keeps names by key and refuses the name "cấm"."""

    kinds: frozenset[str]

    def kind(self) -> Kind:
        return Kind(INSTITUTIONS, self.accepts, self.save, self.holds, self.withdraw)

    def accepts(self, row: Row) -> bool:
        return row.values["kind"] in self.kinds

    def save(
        self, session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
    ) -> list[Outcome]:
        outcomes = []
        for row in rows:
            name = row.values["name"]
            known = session.scalar(select(STORED.c.name).where(STORED.c.key == row.key))
            if name == "cấm":
                fault = fault_at(row.number, "name", name, "forbidden_name", "tên bị cấm.")
                outcomes.append(Outcome(row.number, "rejected", [fault]))
            elif known is None:
                session.execute(insert(STORED).values(key=row.key, name=name))
                outcomes.append(Outcome(row.number, "new"))
            elif known != name:
                session.execute(update(STORED).where(STORED.c.key == row.key).values(name=name))
                outcomes.append(Outcome(row.number, "changed"))
            else:
                outcomes.append(Outcome(row.number, "same"))
        return outcomes

    def holds(self, session: Session, publisher: str, keys: Sequence[str]) -> set[str]:
        return set(session.scalars(select(STORED.c.key).where(STORED.c.key.in_(keys))))

    def withdraw(self, session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
        assert reason == importing.MOVED
        session.execute(delete(STORED).where(STORED.c.key == key))
        return True


SCHOOL = Register(frozenset({"THCS", "THPT", "GDNN-GDTX"})).kind()
VOCATIONAL = Register(frozenset({"CD", "TC", "GDNN-GDTX"})).kind()

Targets = list[tuple[Kind, Database]]


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[Targets]:
    databases = [open_database(f"sqlite:///{tmp_path}", name) for name in ("school", "vocational")]
    for database in databases:
        METADATA.create_all(database.engine)
    yield list(zip((SCHOOL, VOCATIONAL), databases, strict=True))
    for database in databases:
        database.dispose()


def imported(targets: Targets, *items: dict[str, Any], **flags: Any) -> Report:
    found = parsed(*items, layout=INSTITUTIONS)
    return import_rows(targets, found, publisher="local", organisation=None, clock=CLOCK, **flags)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.same, report.rejected


def stored(targets: Targets) -> list[dict[str, str | None]]:
    found = []
    for _, database in targets:
        with database.read() as session:
            found.append({key.split("/")[0]: name for key, name in session.execute(select(STORED))})
    return found


def test_a_row_goes_to_every_service_that_accepts_it_and_counts_once(targets: Targets) -> None:
    report = imported(
        targets, institution("A", "THCS"), institution("B", "CD"), institution("C", "GDNN-GDTX")
    )
    assert counts(report) == (3, 0, 0, 0)
    assert [set(keys) for keys in stored(targets)] == [{"A", "C"}, {"B", "C"}]


def test_importing_again_changes_nothing_and_a_correction_counts_as_changed(targets: Targets) -> None:
    rows = [institution("A", "THCS"), institution("C", "GDNN-GDTX")]
    imported(targets, *rows)
    assert counts(imported(targets, *rows)) == (0, 0, 2, 0)
    assert counts(imported(targets, institution("A", "THCS", "Tên mới"), rows[1])) == (0, 1, 1, 0)


def test_a_row_that_belongs_elsewhere_now_is_withdrawn_where_it_was(targets: Targets) -> None:
    imported(targets, institution("A", "THCS"))
    assert counts(imported(targets, institution("A", "TC"))) == (0, 1, 0, 0)
    assert [set(keys) for keys in stored(targets)] == [set(), {"A"}]


def test_an_import_cut_between_two_services_is_mended_by_importing_again(targets: Targets) -> None:
    imported(targets[:1], institution("A", "THCS"))
    imported(targets[1:], institution("A", "TC"))
    assert [set(keys) for keys in stored(targets)] == [{"A"}, {"A"}]
    imported(targets, institution("A", "TC"))
    assert [set(keys) for keys in stored(targets)] == [set(), {"A"}]


def test_good_rows_are_saved_beside_bad_ones(targets: Targets) -> None:
    report = imported(
        targets, institution("A", "THCS"), institution("B", "???"), institution("C", "CD", "cấm")
    )
    assert counts(report) == (1, 0, 0, 2)
    assert [(fault.row, fault.code) for fault in report.faults] == [
        (2, "unknown_institution_kind"),
        (3, "forbidden_name"),
    ]
    assert report.statuses == {1: "new", 2: "rejected", 3: "rejected"}
    assert report.refused


@pytest.mark.parametrize("bad", [institution("B", "???"), institution("B", "CD", "cấm")])
def test_all_or_nothing_saves_nothing_beside_a_bad_row(targets: Targets, bad: dict[str, Any]) -> None:
    report = imported(targets, institution("A", "THCS"), institution("C", "CD"), bad, all_or_nothing=True)
    assert counts(report) == (0, 0, 0, 1)
    assert stored(targets) == [{}, {}]
    assert report.warnings[-1].code == "nothing_saved"


def test_all_or_nothing_saves_everything_when_all_is_good(targets: Targets) -> None:
    report = imported(targets, institution("A", "THCS"), institution("C", "CD"), all_or_nothing=True)
    assert counts(report) == (2, 0, 0, 0)
    assert [set(keys) for keys in stored(targets)] == [{"A"}, {"C"}]


def test_a_trial_run_tells_what_would_happen_and_saves_nothing(targets: Targets) -> None:
    imported(targets, institution("A", "THCS"))
    report = imported(targets, institution("A", "TC"), institution("B", "CD"), dry_run=True)
    assert counts(report) == (1, 1, 0, 0)
    assert [set(keys) for keys in stored(targets)] == [{"A"}, set()]


def test_rows_that_repeat_share_the_fate_of_the_first(targets: Targets) -> None:
    good, bad = institution("A", "THCS"), institution("B", "CD", "cấm")
    assert counts(imported(targets, good, good, good, bad, bad)) == (1, 0, 2, 2)


def test_a_row_that_nobody_accepts_is_refused(targets: Targets) -> None:
    report = imported(targets, institution("D", "DH"))
    assert [(fault.row, fault.code) for fault in report.faults] == [(1, "nobody_accepts")]
    assert counts(report) == (0, 0, 0, 1)


def test_progress_is_told_after_every_chunk(targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    rows = [institution(f"A{number}", "THCS") for number in range(5)]
    report = imported(targets, *rows, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert counts(report) == (5, 0, 0, 0)


def test_the_answer_lists_what_was_said_in_the_order_of_the_rows(targets: Targets) -> None:
    answer = imported(targets, institution("A", "THCS", "cấm"), institution("B", "???")).to_json()
    assert [fault["row"] for fault in answer["faults"]] == [1, 2]
    assert set(answer) == {"new", "changed", "same", "rejected", "faults", "warnings"}
    assert set(answer["faults"][0]) == {"row", "column", "value", "code", "message"}
