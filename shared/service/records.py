"""Source rows: what every fact that an organisation records has in common, whatever the fact is.

A *record* is one row of a source table: a completion, an enrolment, a vacancy, an entry of a register.
It has a random `record_ref`, which is all that events say of it; a `key`, by which its publisher knows
it; a `version`; and per topic a sequence that counts its events. Saving compares a batch with what is
stored and keeps only the differences: rows, what they were before (`record_history`), and the events, in
one transaction. Nothing is ever deleted; a record that was a mistake is withdrawn, and sending it again
restores it.

Works on whole batches: one query to lock and load, one statement each to insert and to update, one call
to the outbox. Rows are locked before their events take a place in the outbox (rule 1 of the events).
What a table's facts are, and which events its changes become, is told by a `SourceTable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeAlias
from urllib.parse import quote
from uuid import uuid4

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.clock import Clock
from shared.contracts import Event, Identity
from shared.contracts.codes import RecordKind, Sex
from shared.contracts.shapes import RecordIdentity, RecordKey
from shared.database import UtcInstant, insert_ignore, insert_rows, one_of, upsert_newer
from shared.messaging.outbox import Pending, publish

Stored: TypeAlias = Mapping[str, Any]
"""A stored record: all columns by name."""

PERSON_FACTS = ("sex", "ethnic_code", "residence_code", "village")
"""What a content event may say of the person."""

_MICROSECOND = timedelta(microseconds=1)


class RecordRow:
    """Columns of every source table (a declarative mixin).

    `original`: JSON of the texts that reading repaired, as they were written, for print; never compared.
    """

    record_ref: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    publisher: Mapped[str] = mapped_column(sa.Text)
    key: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(sa.Integer)
    content_sequence: Mapped[int] = mapped_column(sa.Integer)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    withdrawn_reason: Mapped[str | None] = mapped_column(sa.Text)
    original: Mapped[str | None] = mapped_column(sa.Text)


class PersonRow(RecordRow):
    """Columns of a source table whose rows belong to persons (a declarative mixin).

    `identity` is the whole of it as JSON; the others are copies to search by or to send with the facts.
    """

    identity: Mapped[str] = mapped_column(sa.Text)
    identity_sequence: Mapped[int] = mapped_column(sa.Integer)
    personal_number: Mapped[str | None] = mapped_column(sa.String(12), index=True)
    student_id: Mapped[str | None] = mapped_column(sa.Text, index=True)
    full_name: Mapped[str | None] = mapped_column(sa.Text)
    dob: Mapped[str | None] = mapped_column(sa.Text)
    sex: Mapped[str | None] = mapped_column(sa.String(1))
    ethnic_code: Mapped[str | None] = mapped_column(sa.Text)
    residence_code: Mapped[str | None] = mapped_column(sa.Text)
    village: Mapped[str | None] = mapped_column(sa.Text)


class HistoryRow:
    """Columns of the table of earlier versions (a declarative mixin).

    `recorded_at` to `replaced_at` is the time in which the version held. `content` is the row as JSON.
    """

    record_ref: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    source_table: Mapped[str] = mapped_column(sa.Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    replaced_at: Mapped[datetime] = mapped_column(UtcInstant)
    replaced_by: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    content: Mapped[str] = mapped_column(sa.Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEvents:
    """The identity events of a table whose rows belong to persons."""

    record_kind: RecordKind
    recorded: type[RecordIdentity]
    withdrawn: type[RecordKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """One source table, and which events its changes become.

    `facts`: the columns that an incoming row gives (person attributes come from its identity).
    `unpublished`: those of them that no event carries; their changes are stored and kept in the history only.
    `derived`: columns that follow from other rows, with their value on a new record.
    `recorded(before, after)`: the content events of a change; `before` is None for what is new or restored.
    `alias`: a fact column by which a record is known besides its key (see `Incoming`).
    `shared_keys`: a key means the same to all publishers, not to its own only.
    """

    owner: str
    table: sa.Table
    history: sa.Table
    facts: tuple[str, ...]
    recorded: Callable[[Stored | None, Stored], Sequence[Event]]
    withdrawn: Callable[[Stored], Event]
    identities: IdentityEvents | None = None
    unpublished: frozenset[str] = frozenset()
    derived: Mapping[str, Any] = field(default_factory=dict)
    alias: str | None = None
    shared_keys: bool = False

    def of_publisher(self, publisher: str) -> sa.ColumnElement[bool]:
        """Condition: records whose keys this publisher means."""
        return sa.true() if self.shared_keys else self.table.c.publisher == publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A row as it arrived, already found acceptable. `facts` has every fact column of its table.

    Where the table has an alias and the row's alias equals its key, the publisher gave the row no key of
    its own: it means the record with that alias, whatever its key, if there is exactly one. A row with a key
    of its own takes over (adopts) the record that is so far known by its alias only. `original`: see
    `RecordRow`.
    """

    key: str
    facts: Mapping[str, Any]
    identity: Identity | None = None
    original: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one row: `before` is None where nothing was stored under its key."""

    status: Literal["new", "changed", "same"]
    before: Stored | None
    after: Stored


def save_records(
    session: Session, clock: Clock, *, source: SourceTable, publisher: str, rows: Sequence[Incoming]
) -> list[Saved]:
    """Store a batch and publish what changed; answers in the order of the rows.

    Two transactions that bring the same new key at once make one record: the later one finds that its
    insert did nothing, reads again, and compares with what the earlier one wrote.
    """
    saved: dict[int, Saved] = {}
    waiting = list(range(len(rows)))
    while waiting:
        batch = _Batch(source, publisher, clock.now())
        batch.know(locked_records(session, source, publisher=publisher, rows=[rows[i] for i in waiting]))
        for position in waiting:
            saved[position] = batch.save(rows[position])
        taken = batch.write(session)
        waiting = [i for i in waiting if saved[i].after["record_ref"] in taken]
    return [saved[i] for i in range(len(rows))]


def withdraw_record(
    session: Session, clock: Clock, *, source: SourceTable, publisher: str, key: str, reason: str
) -> Saved | None:
    """Take one record back; None where there is none under this key, or it is withdrawn already."""
    batch = _Batch(source, publisher, clock.now())
    batch.know(_locked(session, source, publisher=publisher, keys={key}, aliases={key}))
    found = batch.find(key, key)
    if found is None or found["withdrawn_at"] is not None:
        return None
    saved = batch.withdraw(found, reason)
    batch.write(session)
    return saved


def amend_records(
    session: Session,
    clock: Clock,
    *,
    source: SourceTable,
    publisher: str,
    changes: Sequence[tuple[Stored, Mapping[str, Any]]],
) -> None:
    """Change derived columns of records that the caller has locked, and publish what follows from it."""
    batch = _Batch(source, publisher, clock.now())
    batch.know(record for record, _ in changes)
    for record, columns in changes:
        batch.amend(record, columns)
    batch.write(session)


def locked_records(
    session: Session, source: SourceTable, *, publisher: str, rows: Iterable[Incoming]
) -> list[dict[str, Any]]:
    """The stored records that these rows may mean, locked until the transaction ends, in key order."""
    rows = list(rows)
    alias = source.alias
    aliases = {row.facts[alias] for row in rows if row.facts[alias]} if alias else set()
    return _locked(session, source, publisher=publisher, keys={row.key for row in rows}, aliases=aliases)


def held_keys(session: Session, source: SourceTable, *, publisher: str, keys: Iterable[str]) -> set[str]:
    """Which of these keys have a record that is not withdrawn."""
    table = source.table
    query = sa.select(table.c.key).where(
        source.of_publisher(publisher),
        one_of(session, table.c.key, sorted(set(keys))),
        table.c.withdrawn_at.is_(None),
    )
    return set(session.scalars(query))


def withdrawn_by_ref(event_type: type[RecordKey]) -> Callable[[Stored], Event]:
    """How a table tells of a withdrawal whose event says nothing but the record's reference."""
    return lambda record: event_type(record_ref=record["record_ref"])


def person_facts(record: Stored) -> dict[str, Any]:
    """The arguments that every content event about a person takes."""
    return {
        "record_ref": record["record_ref"],
        "sex": None if record["sex"] is None else Sex(record["sex"]),
        "ethnic_code": record["ethnic_code"],
        "residence_code": record["residence_code"],
        "village": record["village"],
    }


def _locked(
    session: Session, source: SourceTable, *, publisher: str, keys: set[str], aliases: set[str]
) -> list[dict[str, Any]]:
    table = source.table
    known_by = one_of(session, table.c.key, sorted(keys))
    if source.alias is not None and aliases:
        known_by = sa.or_(known_by, one_of(session, table.c[source.alias], sorted(aliases)))
    query = sa.select(table).where(source.of_publisher(publisher), known_by)
    found = session.execute(query.order_by(table.c.key).with_for_update()).mappings()
    return [dict(record) for record in found]


class _Batch:
    """The records that a batch touches, while it is worked through row by row in memory."""

    def __init__(self, source: SourceTable, publisher: str, now: datetime) -> None:
        self._source = source
        self._publisher = publisher
        self._published = [name for name in source.facts if name not in source.unpublished]
        if source.identities is not None:
            self._published.extend(PERSON_FACTS)
        self._event_source = f"/{source.owner}/{quote(publisher, safe='')}"
        self._now = now
        self._by_key: dict[str, dict[str, Any]] = {}
        self._by_alias: dict[str, list[dict[str, Any]]] = {}
        self._new: set[str] = set()
        self._touched: dict[str, dict[str, Any]] = {}
        self._history: list[dict[str, Any]] = []
        self._events: list[Pending] = []

    def know(self, stored: Iterable[Stored]) -> None:
        """Take in what the database holds."""
        for record in stored:
            self._remember(dict(record))

    def find(self, key: str, alias: str | None) -> dict[str, Any] | None:
        """The record that a row with this key and alias means."""
        record = self._by_key.get(key)
        if record is not None or alias is None:
            return record
        candidates = self._by_alias.get(alias, [])
        if key != alias:
            candidates = [candidate for candidate in candidates if candidate["key"] == alias]
        in_force = [candidate for candidate in candidates if candidate["withdrawn_at"] is None]
        meant = in_force or candidates
        return meant[0] if len(meant) == 1 else None

    def save(self, row: Incoming) -> Saved:
        """Compare a row with its record and note what follows."""
        source = self._source
        alias = row.facts[source.alias] if source.alias else None
        before = self.find(row.key, alias)
        incoming = self._columns(row)
        if before is None or row.key != alias:
            incoming["key"] = row.key
        if before is not None and before["withdrawn_at"] is None:
            if all(before[name] == value for name, value in incoming.items()):
                return Saved("same", before, before)
            reason = "changed"
        else:
            reason = "restored"
        incoming["original"] = orjson.dumps(row.original).decode() if row.original else None
        return self._store(before, incoming, reason=reason)

    def withdraw(self, before: dict[str, Any], reason: str) -> Saved:
        """Note that a record was a mistake."""
        moment = self._moment()
        after = {**before, "withdrawn_at": moment, "withdrawn_reason": reason}
        self._put(before, after, moment=moment, reason=f"withdrawn: {reason}")
        self._publish_content(after, [self._source.withdrawn(after)], moment)
        if (identities := self._source.identities) is not None:
            self._publish_identity(after, identities.withdrawn(record_ref=after["record_ref"]), moment)
        return Saved("changed", before, after)

    def amend(self, before: Stored, columns: Mapping[str, Any]) -> None:
        """Note a change of derived columns: it has a version, but no history, for it can be derived again."""
        stored = self._by_key[before["key"]]
        after = {**stored, **columns, "version": stored["version"] + 1}
        self._forget(stored)
        self._remember(after)
        self._touched[after["record_ref"]] = after
        self._publish_content(after, self._source.recorded(stored, after), self._moment())

    def write(self, session: Session) -> set[str]:
        """Bring everything noted to the database and the outbox.

        Gives the references of new records whose key another transaction took in the meantime; nothing of
        them was written.
        """
        table = self._source.table
        new = sorted((self._touched[ref] for ref in self._new), key=lambda record: str(record["key"]))
        taken = {record["record_ref"] for record in new} - insert_ignore(session, table, new)
        changed = [record for ref, record in self._touched.items() if ref not in self._new]
        upsert_newer(session, table, changed, key=("record_ref",), newer="version")
        history = [version for version in self._history if version["record_ref"] not in taken]
        insert_rows(session, self._source.history, history)
        publish(session, [pending for pending in self._events if pending.data.subject not in taken])
        return taken

    def _store(self, before: dict[str, Any] | None, incoming: dict[str, Any], *, reason: str) -> Saved:
        moment = self._moment()
        if before is None:
            after = self._blank(incoming)
        else:
            after = {**before, **incoming, "withdrawn_at": None, "withdrawn_reason": None}
        self._put(before, after, moment=moment, reason=reason)
        afresh = before is None or before["withdrawn_at"] is not None
        self._publish_recorded(None if afresh else before, after, moment)
        return Saved("new" if afresh else "changed", before, after)

    def _publish_recorded(
        self, before: dict[str, Any] | None, after: dict[str, Any], moment: datetime
    ) -> None:
        if before is None or any(before[name] != after[name] for name in self._published):
            self._publish_content(after, self._source.recorded(before, after), moment)
        identities = self._source.identities
        if identities is None:
            return
        record_key = self._own_key(after)
        if before is None or (before["identity"], self._own_key(before)) != (after["identity"], record_key):
            event = identities.recorded(
                record_ref=after["record_ref"],
                record_kind=identities.record_kind,
                identity=after["identity"],
                record_key=record_key,
            )
            self._publish_identity(after, event, moment)

    def _own_key(self, record: Stored) -> str | None:
        """The key that the publisher gave; one made of the row's content (an alias) is not told."""
        alias = self._source.alias
        own: str = record["key"]
        return None if alias is not None and own == record[alias] else own

    def _publish_content(self, record: dict[str, Any], events: Sequence[Event], moment: datetime) -> None:
        for event in events:
            record["content_sequence"] += 1
            self._events.append(Pending(event, record["content_sequence"], self._event_source, moment))

    def _publish_identity(self, record: dict[str, Any], event: Event, moment: datetime) -> None:
        record["identity_sequence"] += 1
        self._events.append(Pending(event, record["identity_sequence"], self._event_source, moment))

    def _put(
        self, before: dict[str, Any] | None, after: dict[str, Any], *, moment: datetime, reason: str
    ) -> None:
        """Make `after` the present version."""
        ref = after["record_ref"]
        after["recorded_at"] = moment
        if before is None:
            self._new.add(ref)
        else:
            after["version"] = before["version"] + 1
            self._forget(before)
            self._history.append(
                {
                    "record_ref": ref,
                    "version": before["version"],
                    "source_table": self._source.table.name,
                    "recorded_at": before["recorded_at"],
                    "replaced_at": moment,
                    "replaced_by": self._publisher,
                    "reason": reason,
                    "content": orjson.dumps(before).decode(),
                }
            )
        self._remember(after)
        self._touched[ref] = after

    def _remember(self, record: dict[str, Any]) -> None:
        self._by_key[record["key"]] = record
        if self._source.alias is not None and (alias := record[self._source.alias]) is not None:
            self._by_alias.setdefault(alias, []).append(record)

    def _forget(self, record: dict[str, Any]) -> None:
        self._by_key.pop(record["key"], None)
        if self._source.alias is not None and (alias := record[self._source.alias]) is not None:
            self._by_alias[alias].remove(record)

    def _columns(self, row: Incoming) -> dict[str, Any]:
        columns = {name: _plain(row.facts[name]) for name in self._source.facts}
        if self._source.identities is not None:
            identity = row.identity or Identity()
            columns["identity"] = identity.to_json()
            for name in _IDENTITY_COLUMNS:
                columns[name] = _plain(getattr(identity, name))
        return columns

    def _blank(self, incoming: dict[str, Any]) -> dict[str, Any]:
        blank = {
            "record_ref": uuid4().hex,
            "publisher": self._publisher,
            "version": 1,
            "content_sequence": 0,
            "withdrawn_at": None,
            "withdrawn_reason": None,
            **self._source.derived,
            **incoming,
        }
        if self._source.identities is not None:
            blank["identity_sequence"] = 0
        return blank

    def _moment(self) -> datetime:
        """The next instant: later rows of a batch are recorded later."""
        self._now += _MICROSECOND
        return self._now


_IDENTITY_COLUMNS = ("personal_number", "student_id", "full_name", "dob", *PERSON_FACTS)


def _plain(value: Any) -> Any:
    """A member of a code list as text: drivers would store its name."""
    return str(value) if isinstance(value, StrEnum) else value
