"""What `indicators` does on hearing an event: keep the fact, then recompute the persons it touches.

Every event carries the whole state of its aggregate and a sequence, and is kept only when it is newer than
what is there; facts and link of a record have a sequence each. So late, doubled and reordered events
change nothing, and a replay ends in the same tables. One function hears all types: the worker then gives
it a whole poll at once, and each person is recomputed once per batch.

The tables at the foot say what each event type becomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.indicators.models import HEARD, INSTITUTION, RECORD, VACANCY
from services.indicators.projection import LOOSE, recompute
from shared.contracts import Envelope, Event, employment, linkage, school, shapes, vocational
from shared.contracts.codes import RecordKind
from shared.database import upsert_newer, values_list
from shared.messaging.handling import Handler, Handling

Row = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REGISTER_LOCK = 0x4E4E_5245
"""PostgreSQL advisory lock: recomputing shares it, a change of the register of schools has it alone."""


def on_facts(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Keep a run of facts of any type and bring everything that follows up to date."""
    session = handling.session
    heard: defaultdict[type[Event], list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        heard[type(envelope.data)].append(envelope)

    institutions = [
        row for kind in INSTITUTION_ROWS for row in _rows(heard.get(kind, ()), INSTITUTION_ROWS[kind])
    ]
    vacancies = [row for kind in VACANCY_ROWS for row in _rows(heard.get(kind, ()), VACANCY_ROWS[kind])]
    contents = [row for kind in CONTENT_ROWS for row in _rows(heard.get(kind, ()), CONTENT_ROWS[kind])]
    links = [row for kind in LINK_ROWS for row in _rows(heard.get(kind, ()), LINK_ROWS[kind])]

    _enter(session, alone=bool(institutions))
    linked_refs = sorted({row["record_ref"] for row in links})
    left_persons = set(_persons_of(session, linked_refs))
    upsert_newer(session, RECORD, contents, newer="content_sequence")
    upsert_newer(session, RECORD, links, newer="link_sequence")
    upsert_newer(session, INSTITUTION, institutions, key=("code", "owner", "valid_from"))
    upsert_newer(session, VACANCY, vacancies, key=("vacancy_ref",))

    touched = {row["record_ref"] for row in contents} | set(linked_refs)
    owners = left_persons | _owners_of(session, RECORD.c.record_ref, sorted(touched))
    owners |= _owners_of(session, RECORD.c.school_code, sorted({row["code"] for row in institutions}))
    recompute(session, owners)
    _note_heard(session, envelopes)


def _rows(envelopes: Iterable[Envelope], make: Callable[[Envelope], Row]) -> Iterable[Row]:
    return (make(envelope) for envelope in envelopes)


def _enter(session: Session, *, alone: bool) -> None:
    """Keep recomputing and changes of the register apart: neither would see the other's uncommitted rows."""
    if session.get_bind().dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
        session.execute(sa.select(lock(_REGISTER_LOCK)))


def _persons_of(session: Session, refs: Sequence[str]) -> Iterable[str]:
    """The persons to whom these records belong so far."""
    if not refs:
        return ()
    given = values_list(session, "given", {"value": (sa.Text(), refs)})
    query = sa.select(RECORD.c.person_id).where(
        RECORD.c.record_ref.in_(sa.select(given.c.value)), RECORD.c.person_id.is_not(None)
    )
    return session.scalars(query).all()


def _owners_of(session: Session, column: sa.ColumnElement[Any], values: Sequence[str]) -> set[str]:
    """Whom records concern: their persons, and for completions the row itself (it may have no person)."""
    if not values:
        return set()
    given = values_list(session, "given", {"value": (sa.Text(), values)})
    query = sa.select(RECORD.c.record_ref, RECORD.c.person_id, RECORD.c.kind).where(
        column.in_(sa.select(given.c.value))
    )
    owners: set[str] = set()
    for ref, person_id, kind in session.execute(query):
        if person_id is not None:
            owners.add(person_id)
        if kind == RecordKind.COMPLETION:
            owners.add(LOOSE + ref)
    return owners


def _note_heard(session: Session, envelopes: Sequence[Envelope]) -> None:
    latest: dict[str, int] = {}
    for envelope in envelopes:
        owner = envelope.data.TOPIC.owner
        latest[owner] = max(latest.get(owner, 0), _microseconds(envelope.time))
    rows = [{"owner": owner, "recorded_us": instant} for owner, instant in latest.items()]
    upsert_newer(session, HEARD, rows, key=("owner",), newer="recorded_us")


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


_NO_FACTS: Mapping[str, None] = dict.fromkeys(
    column.name
    for column in RECORD.c
    if column.name not in {"record_ref", "person_id", "link_sequence", "content_sequence", "kind", "active"}
)


def _content(kind: RecordKind, *names: str) -> Callable[[Envelope], Row]:
    """A row of facts: `names` are both fields of the event and columns."""
    wanted = ("sex", "ethnic_code", "residence_code", "village", *names)

    def make(envelope: Envelope) -> Row:
        data = envelope.data
        return {
            **_NO_FACTS,
            "record_ref": envelope.subject,
            "content_sequence": envelope.sequence,
            "kind": kind,
            "active": True,
            "recorded_us": _microseconds(envelope.time),
            **{name: getattr(data, name) for name in wanted},
        }

    return make


def _withdrawn(kind: RecordKind) -> Callable[[Envelope], Row]:
    def make(envelope: Envelope) -> Row:
        return {
            **_NO_FACTS,
            "record_ref": envelope.subject,
            "content_sequence": envelope.sequence,
            "kind": kind,
            "active": False,
        }

    return make


def _link(envelope: Envelope) -> Row:
    data = envelope.data
    return {
        "record_ref": envelope.subject,
        "link_sequence": envelope.sequence,
        "person_id": data.person_id if isinstance(data, linkage.RecordLinked) else None,
    }


def _institution(envelope: Envelope) -> Row:
    data = envelope.data
    if not isinstance(data, shapes.InstitutionKey):
        raise TypeError(f"not an event about an institution: {data.TYPE}")
    whole = data if isinstance(data, shapes.Institution) else None
    return {
        "code": data.code,
        "owner": data.TOPIC.owner,
        "valid_from": data.valid_from or date.min,
        "sequence": envelope.sequence,
        "active": whole is not None,
        "name": whole and whole.name,
        "commune_code": whole and whole.commune_code,
        "valid_to": whole and whole.valid_to,
    }


def _vacancy(envelope: Envelope) -> Row:
    data: Any = envelope.data
    return {
        "vacancy_ref": data.vacancy_ref,
        "sequence": envelope.sequence,
        "active": True,
        "openings": data.openings,
        "trade_code": data.trade_code,
        "posted_on": data.posted_on,
        "closed_on": data.closed_on,
    }


def _vacancy_withdrawn(envelope: Envelope) -> Row:
    return {
        "vacancy_ref": envelope.subject,
        "sequence": envelope.sequence,
        "active": False,
        "openings": 0,
        "trade_code": None,
        "posted_on": None,
        "closed_on": None,
    }


_enrolment = _content(
    RecordKind.ENROLMENT,
    "programme_kind",
    "trade_code",
    "admitted_on",
    "left_on",
    "left_reason",
    "completed_on",
)

RowMakers = Mapping[type[Event], Callable[[Envelope], Row]]

CONTENT_ROWS: RowMakers = {
    school.CompletionRecorded: _content(
        RecordKind.COMPLETION, "school_code", "stage", "school_year", "recognised_on"
    ),
    school.CompletionWithdrawn: _withdrawn(RecordKind.COMPLETION),
    school.EnrolmentRecorded: _enrolment,
    school.EnrolmentWithdrawn: _withdrawn(RecordKind.ENROLMENT),
    school.LifeEventRecorded: _content(RecordKind.LIFE_EVENT, "event", "happened_on"),
    school.LifeEventWithdrawn: _withdrawn(RecordKind.LIFE_EVENT),
    vocational.EnrolmentRecorded: _enrolment,
    vocational.EnrolmentWithdrawn: _withdrawn(RecordKind.ENROLMENT),
    employment.PlacementRecorded: _content(RecordKind.PLACEMENT, "vacancy_ref", "started_on", "ended_on"),
    employment.PlacementWithdrawn: _withdrawn(RecordKind.PLACEMENT),
}

LINK_ROWS: RowMakers = {linkage.RecordLinked: _link, linkage.RecordUnlinked: _link}

INSTITUTION_ROWS: RowMakers = {
    school.InstitutionRegistered: _institution,
    school.InstitutionWithdrawn: _institution,
    vocational.InstitutionRegistered: _institution,
    vocational.InstitutionWithdrawn: _institution,
}

VACANCY_ROWS: RowMakers = {
    employment.VacancyPosted: _vacancy,
    employment.VacancyChanged: _vacancy,
    employment.VacancyFilled: _vacancy,
    employment.VacancyClosed: _vacancy,
    employment.VacancyWithdrawn: _vacancy_withdrawn,
}

HANDLERS: Mapping[type[Event], Handler] = {
    event_type: on_facts
    for rows in (CONTENT_ROWS, LINK_ROWS, INSTITUTION_ROWS, VACANCY_ROWS)
    for event_type in rows
}
