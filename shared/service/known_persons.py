"""What a service already knows of the persons in a batch, and where a row contradicts it.

Nothing is refused here: a row that contradicts is stored as it was written, and its sender is told; whose
row is right is decided by people. Names are compared without marks and case; a bare birth year agrees with
every day of that year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.contracts import Identity
from shared.database import one_of
from shared.files.layout import Row
from shared.service.judging import Judgement
from shared.vietnamese import match_key

_YEAR = 4


@dataclass(frozen=True, slots=True)
class _Mention:
    """What one row says of a person. `record` is (table, key): a row does not contradict itself.

    `here`: the row is of this batch. That two rows of one file give one number two birth dates is said by
    the reading of the file already.
    """

    record: tuple[str, str]
    name: str | None
    dob: str
    here: bool


def warn_of_contradictions(
    session: Session, tables: Sequence[sa.Table], *, saved_in: sa.Table, publisher: str, judgement: Judgement
) -> None:
    """Warn of every accepted row that says something else of a person than rows before it.

    `tables`: all tables of the service whose rows belong to persons. `saved_in`: where this batch goes.
    """
    rows = judgement.accepted()
    known = _Known()
    known.load(session, tables, rows, publisher=publisher)
    for row in rows:
        identity = row.identity
        if identity is None or identity.dob is None:
            continue
        mine = _Mention((saved_in.name, row.key), identity.full_name, identity.dob, here=True)
        _judge(judgement, row, mine, known)
        known.add(identity.personal_number, identity.student_id, mine)


class _Known:
    """Mentions of persons by personal number and by student number."""

    def __init__(self) -> None:
        self._by_number: dict[str, list[_Mention]] = {}
        self._by_student: dict[str, list[_Mention]] = {}

    def load(
        self, session: Session, tables: Sequence[sa.Table], rows: Iterable[Row], *, publisher: str
    ) -> None:
        """Read what the tables say of the persons of these rows."""
        identities = [row.identity for row in rows if row.identity is not None]
        numbers = {identity.personal_number for identity in identities if identity.personal_number}
        students = {identity.student_id for identity in identities if identity.student_id}
        if not numbers and not students:
            return
        for table in tables:
            for column, wanted in (("personal_number", numbers), ("student_id", students)):
                if wanted:
                    self._load(session, table, table.c[column], wanted, publisher)

    def _load(
        self, session: Session, table: sa.Table, column: sa.Column[str], wanted: set[str], publisher: str
    ) -> None:
        query = sa.select(column, table.c.publisher, table.c.key, table.c.full_name, table.c.dob).where(
            one_of(session, column, wanted), table.c.withdrawn_at.is_(None), table.c.dob.is_not(None)
        )
        found = self._by_number if column.name == "personal_number" else self._by_student
        for value, owner, key, name, dob in session.execute(query):
            record = (table.name, key if owner == publisher else f"{owner}\n{key}")
            found.setdefault(value, []).append(_Mention(record, name, dob, here=False))

    def add(self, number: str | None, student: str | None, mention: _Mention) -> None:
        """Take in a row of the batch."""
        if number:
            self._by_number.setdefault(number, []).append(mention)
        if student:
            self._by_student.setdefault(student, []).append(mention)

    def others(self, identity: Identity, mine: _Mention) -> Iterator[tuple[str, _Mention]]:
        """Other rows' mentions of the person, with the column that says so."""
        for column, found, value in (
            ("person_id", self._by_number, identity.personal_number),
            ("student_id", self._by_student, identity.student_id),
        ):
            for mention in found.get(value or "", ()):
                if mention.record != mine.record:
                    yield column, mention


def _judge(judgement: Judgement, row: Row, mine: _Mention, known: _Known) -> None:
    assert row.identity is not None  # noqa: S101 - the caller chose rows with an identity
    said: set[str] = set()
    for column, other in known.others(row.identity, mine):
        if _same_day(mine.dob, other.dob):
            continue
        other_person = column == "person_id" and _other_name(mine.name, other.name)
        code = "number_known_otherwise" if other_person else "birth_dates_differ"
        if code in said or (other.here and column == "person_id" and not other_person):
            continue
        said.add(code)
        if other_person:
            message = (
                "số này đã được ghi cho một người có họ tên và ngày sinh khác; vẫn lưu, hãy kiểm tra lại số, "
                "việc liên kết sẽ chờ người xem xét."
            )
            judgement.warn(row, column, code, message)
        else:
            message = "cùng một người đã được ghi với ngày sinh khác; vẫn lưu, hãy kiểm tra lại ngày sinh."
            judgement.warn(row, "dob", code, message)


def _same_day(one: str, other: str) -> bool:
    if _YEAR in (len(one), len(other)):
        return one[:_YEAR] == other[:_YEAR]
    return one == other


def _other_name(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and match_key(one) != match_key(other)
