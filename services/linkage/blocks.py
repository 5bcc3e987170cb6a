"""Blocks: the records that an event can matter to, read through indexes and never by a scan.

Around the touched records are read: those with the same number (or a number short of digits that may be
it), those of the same name and birth date, those that could be the same with a part missing, and whatever
a reviewer tied to one of them. What is so reached is decided anew; once more around it is read as the rim,
which is needed to decide but cannot change. Keys under which a crowd meets are counted, not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.known import CROWD, Decision, Known, known, name_of_key
from services.linkage.models import DECISION, RECORD
from shared.contracts import Identity
from shared.contracts.codes import RecordKind
from shared.database import chunked, one_of

_KEYS_AT_ONCE = 4_000


@dataclass(slots=True)
class Touched:
    """Records that changed (`refs`), what was known of them before, and what is known now."""

    before: list[Known] = field(default_factory=list)
    after: list[Known] = field(default_factory=list)
    refs: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Block:
    """What `rules.decide` needs, and `affected`: the records whose outcome may be applied."""

    records: dict[str, Known]
    decisions: dict[str, Decision]
    affected: set[str]
    crowded: set[str]
    buckets: set[str]
    first_recorded_us: dict[str, int]


def load_block(session: Session, touched: Touched, *, crowd: int = CROWD) -> Block:
    """Read the block around the touched records; more than `crowd` on a key tell nobody apart."""
    reader = _Reader(session, touched, crowd)
    refs = touched.refs | {record.ref for record in touched.after}
    core = reader.tied(refs, numbers=_numbers(touched.before))
    near = core | reader.neighbours([*touched.before, *reader.of(core)])
    affected = reader.tied(near)
    rim = affected | reader.neighbours(reader.of(affected))
    records = reader.tied(rim)
    return Block(
        records={ref: reader.records[ref] for ref in sorted(records)},
        decisions=reader.decisions,
        affected=affected,
        crowded=reader.crowded,
        buckets={record.bucket for record in reader.of(affected) if record.bucket is not None},
        first_recorded_us=reader.first_recorded_us,
    )


def to_known(row: Any) -> Known:
    """The comparable form of a row of `record` that has an identity."""
    return known(
        row.record_ref,
        Identity.from_json(row.identity),
        completion=row.record_kind == RecordKind.COMPLETION,
        source=row.source,
    )


class _Reader:
    """Reads records and decisions, each at most once."""

    def __init__(self, session: Session, touched: Touched, crowd: int) -> None:
        self.session = session
        self.crowd = crowd
        self.records: dict[str, Known] = {}
        self.first_recorded_us: dict[str, int] = {}
        self.decisions: dict[str, Decision] = {}
        self.crowded: set[str] = set()
        self._newcomers = _keys(touched.after)
        self._newcomers.subtract(_keys(touched.before))
        self._asked: dict[str, set[str]] = {}
        self._found: dict[tuple[str, str], set[str]] = {}
        self._has_decisions = bool(session.scalar(sa.select(sa.exists().select_from(DECISION))))
        self._ties: dict[str, set[str]] = {}

    def of(self, refs: Iterable[str]) -> list[Known]:
        """The records of the references (those in force)."""
        return [self.records[ref] for ref in refs if ref in self.records]

    def tied(self, refs: Collection[str], *, numbers: Collection[str] = ()) -> set[str]:
        """The references with all that share a number or a reviewer's word with them, however far."""
        self._read("record_ref", refs)
        reached = {ref for ref in refs if ref in self.records}
        fresh = reached | set(refs)
        asked = set(numbers)
        while fresh or asked:
            asked |= _numbers(self.of(fresh))
            found = self._read("personal_number", asked) | self._read("number_hint", asked)
            found |= self._read("record_ref", self._decided_with(fresh))
            fresh = found - reached
            reached |= fresh
            asked = set()
        return reached

    def neighbours(self, records: Iterable[Known]) -> set[str]:
        """Records of equal or partly equal name and birth date, except where a crowd meets."""
        records = list(records)
        buckets = {record.bucket for record in records if record.bucket}
        own = {record.partial_key for record in records if record.partial_key}
        keys = {key for record in records for key in (record.year_key, record.name) if key}
        partial = own | self._partial_keys(keys)
        open_buckets, _ = self._without_crowds("bucket", buckets)
        open_years, years_turning = self._without_crowds(
            "year_key", {key for key in partial if name_of_key(key)}
        )
        open_names, names_turning = self._without_crowds(
            "name_key", {key for key in partial if not name_of_key(key)}
        )
        open_partial = open_years | open_names
        wide = (own & open_partial) | years_turning | names_turning
        names_of_years = {name for key in wide if (name := name_of_key(key))}
        without_year, _ = self._without_crowds("name_key", names_of_years)
        found = self._read("bucket", open_buckets)
        found |= self._read("partial_key", open_partial | without_year)
        found |= self._read("year_key", {key for key in wide if name_of_key(key)})
        found |= self._read("name_key", {key for key in wide if not name_of_key(key)})
        return found

    def _without_crowds(self, column: str, keys: Collection[str]) -> tuple[set[str], set[str]]:
        """The keys under which no crowd meets (or did before), and those where that just changed."""
        counts = self._counts(column, keys)
        quiet, turning = set(), set()
        for key in keys:
            now = counts.get(key, 0)
            is_crowd, was_crowd = now > self.crowd, now - self._newcomers[column, key] > self.crowd
            if is_crowd:
                self.crowded.add(key)
            if not (is_crowd and was_crowd):
                quiet.add(key)
            if is_crowd is not was_crowd:
                turning.add(key)
        return quiet, turning

    def _counts(self, column: str, keys: Collection[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        place = RECORD.c[column]
        for chunk in chunked(sorted(keys), _KEYS_AT_ONCE):
            query = (
                sa.select(place, sa.func.count()).where(one_of(self.session, place, chunk)).group_by(place)
            )
            counts.update((key, count) for key, count in self.session.execute(query))
        return counts

    def _partial_keys(self, keys: Collection[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunked(sorted(keys), _KEYS_AT_ONCE):
            query = (
                sa.select(RECORD.c.partial_key)
                .where(one_of(self.session, RECORD.c.partial_key, chunk))
                .distinct()
            )
            found.update(self.session.scalars(query))
        return found

    def _read(self, column: str, keys: Collection[str]) -> set[str]:
        """References of the records in force with one of the keys; reads what was not read before."""
        asked = self._asked.setdefault(column, set())
        place = RECORD.c[column]
        for chunk in chunked(sorted(set(keys) - asked), _KEYS_AT_ONCE):
            query = sa.select(
                place.label("key"),
                RECORD.c.record_ref,
                RECORD.c.record_kind,
                RECORD.c.source,
                RECORD.c.first_recorded_us,
                RECORD.c.identity,
            ).where(one_of(self.session, place, chunk), RECORD.c.identity.is_not(None))
            for row in self.session.execute(query):
                self._found.setdefault((column, row.key), set()).add(row.record_ref)
                if row.record_ref not in self.records:
                    self.records[row.record_ref] = to_known(row)
                    self.first_recorded_us[row.record_ref] = row.first_recorded_us
        asked.update(keys)
        return {ref for key in keys for ref in self._found.get((column, key), ())}

    def _decided_with(self, refs: Collection[str]) -> set[str]:
        """The other ends of the decisions about the references, or naming them."""
        if not self._has_decisions:
            return set()
        unread = sorted(ref for ref in refs if ref not in self._ties)
        for chunk in chunked(unread, _KEYS_AT_ONCE):
            query = sa.select(DECISION.c.record_ref, DECISION.c.same_as).where(
                sa.or_(
                    one_of(self.session, DECISION.c.record_ref, chunk),
                    one_of(self.session, DECISION.c.same_as, chunk),
                ),
                DECISION.c.taken_back.is_(False),
            )
            for ref in chunk:
                self._ties.setdefault(ref, set())
            for ref, same_as in self.session.execute(query):
                self.decisions[ref] = Decision(same_as)
                if same_as is not None:
                    for one, other in ((ref, same_as), (same_as, ref)):
                        if one in self._ties:
                            self._ties[one].add(other)
        return {other for ref in refs for other in self._ties.get(ref, ())}


def _numbers(records: Iterable[Known]) -> set[str]:
    return {number for record in records for number in (record.number, record.hint) if number}


def _keys(records: Iterable[Known]) -> Counter[tuple[str, str]]:
    keys: Counter[tuple[str, str]] = Counter()
    for record in records:
        for column, key in (
            ("bucket", record.bucket),
            ("year_key", record.year_key),
            ("name_key", record.name),
        ):
            if key is not None:
                keys[column, key] += 1
    return keys
