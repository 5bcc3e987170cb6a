"""Recompute what follows from the records of some persons: counts, pathways, spells, tallies.

Always from all facts of a person, never by adding to an earlier result; so it does not matter in which
order, how often or how late the facts arrived. Only differences are written. A batch costs a fixed number
of statements, whatever the number of persons.

On PostgreSQL several workers may be at it: the row in `person` (of a completion without person, the row
in `record`) is locked before facts are read, in the order of keys, so that two workers with halves of one
person come one after the other and the second sees both halves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from services.indicators.cohort import Completion, Standing, row_day, standings
from services.indicators.definitions import definitions
from services.indicators.destination import Destination, Enrolment, Facts, Spell, State, spells
from services.indicators.models import INSTITUTION, PATHWAY, PERSON, RECORD, SPELL, TALLY
from services.indicators.units import Unit, unit_on, whole_successor
from shared.contracts.codes import LeftReason, LifeEventKind, ProgrammeKind, RecordKind, Stage
from shared.database import chunked, insert_ignore, insert_rows, one_of, values_list

Row: TypeAlias = dict[str, Any]
Source: TypeAlias = Mapping[str, Any]

LOOSE = "record:"
"""Before the reference of a completion that is linked to nobody: such a row is a person of its own."""

_PERSONS_AT_ONCE = 2_000
_CHANGES_AT_ONCE = 10_000
_COUNTED = {
    RecordKind.COMPLETION: "completions",
    RecordKind.ENROLMENT: "enrolments",
    RecordKind.LIFE_EVENT: "life_events",
    RecordKind.PLACEMENT: "placements",
}
_FACTS = [column for column in RECORD.c if column.name not in {"link_sequence", "content_sequence", "active"}]


@dataclass(frozen=True, slots=True)
class SchoolEntry:
    """Where a school stood while an entry of the register held."""

    commune_code: str | None
    valid_from: date
    valid_to: date | None


def recompute(session: Session, owners: Collection[str]) -> None:
    """Bring everything that follows from these persons' records up to date.

    `owners`: person ids, and `LOOSE` + record reference for completions that may have no person.
    """
    for chunk in chunked(sorted(owners), _PERSONS_AT_ONCE):
        _recompute_some(session, chunk)
    session.execute(sa.delete(TALLY).where(TALLY.c.change == 0))


def _recompute_some(session: Session, owners: Sequence[str]) -> None:
    persons = [owner for owner in owners if not owner.startswith(LOOSE)]
    loose = [owner.removeprefix(LOOSE) for owner in owners if owner.startswith(LOOSE)]
    if session.get_bind().dialect.name == "postgresql":
        _lock(session, persons, loose)

    records: defaultdict[str, list[Source]] = defaultdict(list)
    for row in _select_where_in(session, _FACTS, RECORD.c.person_id, persons, RECORD.c.active):
        records[row["person_id"]].append(row)
    unlinked = RECORD.c.active & RECORD.c.person_id.is_(None) & (RECORD.c.kind == RecordKind.COMPLETION)
    for row in _select_where_in(session, _FACTS, RECORD.c.record_ref, loose, unlinked):
        records[LOOSE + row["record_ref"]].append(row)

    schools = _schools(session, {row["school_code"] for rows in records.values() for row in rows} - {None})
    pathways: dict[str, Row] = {}
    lives: dict[str, tuple[Spell, ...]] = {}
    for owner, rows in records.items():
        for pathway, life in _pathways_of(owner, rows, schools):
            pathways[pathway["record_ref"]] = pathway
            lives[pathway["record_ref"]] = life
    _store_persons(session, persons, records)
    _store_pathways(session, owners, pathways=pathways, lives=lives)


def _lock(session: Session, persons: Sequence[str], loose: Sequence[str]) -> None:
    """Wait for other workers with the same persons. A row may be deleted while we wait: then once more."""
    missing = set(persons)
    while missing:
        rows = [{"person_id": one, **dict.fromkeys(_COUNTED.values(), 0)} for one in sorted(missing)]
        insert_ignore(session, PERSON, rows)
        held = (
            sa.select(PERSON.c.person_id)
            .where(one_of(session, PERSON.c.person_id, sorted(missing)))
            .order_by(PERSON.c.person_id)
            .with_for_update()
        )
        missing -= set(session.scalars(held))
    if loose:
        session.execute(
            sa.select(RECORD.c.record_ref)
            .where(one_of(session, RECORD.c.record_ref, loose))
            .order_by(RECORD.c.record_ref)
            .with_for_update()
        )


def _schools(session: Session, codes: Collection[str]) -> dict[str, list[SchoolEntry]]:
    """Active register entries by code. Where both registers know a code, the school's own comes first."""
    columns = [INSTITUTION.c[name] for name in ("code", "owner", "valid_from", "valid_to", "commune_code")]
    found: defaultdict[str, list[SchoolEntry]] = defaultdict(list)
    rows = _select_where_in(session, columns, INSTITUTION.c.code, sorted(codes), INSTITUTION.c.active)
    for row in sorted(rows, key=lambda row: (row["owner"] == "school", row["valid_from"]), reverse=True):
        found[row["code"]].append(SchoolEntry(row["commune_code"], row["valid_from"], row["valid_to"]))
    return found


def school_unit(entries: Iterable[SchoolEntry], day: date) -> Unit | None:
    """The commune of a school on a day, in the units of that day; None where it cannot be told.

    An entry's code is meant as on its first day. Where the unit has since been reformed, it is converted
    if it went whole into another.
    """
    for entry in entries:
        if entry.valid_from <= day and (entry.valid_to is None or day <= entry.valid_to):
            then = unit_on(entry.commune_code, entry.valid_from)
            if then is None:  # an entry without a first day may carry a code of today
                return unit_on(entry.commune_code, day)
            return whole_successor(then, day)
    return None


def _pathways_of(
    owner: str, rows: Sequence[Source], schools: Mapping[str, Sequence[SchoolEntry]]
) -> Iterable[tuple[Row, tuple[Spell, ...]]]:
    by_ref = {row["record_ref"]: row for row in rows if row["kind"] == RecordKind.COMPLETION}
    if not by_ref:
        return
    facts = facts_of(rows)
    for standing in standings(_completion(row) for row in by_ref.values()):
        completion = standing.completion
        row = by_ref[completion.record_ref]
        yield (
            _pathway(owner, row, standing, entries=schools.get(row["school_code"], ())),
            (
                spells(
                    completion.stage,
                    completion.recognised_on,
                    facts=facts,
                    rules=definitions().destinations,
                )
                if standing.counts and completion.recognised_on is not None
                else ()
            ),
        )


def _completion(row: Source) -> Completion:
    return Completion(
        record_ref=row["record_ref"],
        stage=Stage(row["stage"]),
        school_year=row["school_year"],
        recognised_on=row["recognised_on"],
        recorded=row["recorded_us"],
    )


def _pathway(owner: str, row: Source, standing: Standing, *, entries: Iterable[SchoolEntry]) -> Row:
    day = row_day(row["school_year"], row["recognised_on"])
    school = school_unit(entries, day)
    residence = unit_on(row["residence_code"], day)
    return {
        "record_ref": row["record_ref"],
        "owner": owner,
        "counts": standing.counts,
        "first_recognised_on": standing.first_recognised_on,
        "stage": row["stage"],
        "school_year": row["school_year"],
        "row_day": day,
        "school_code": row["school_code"],
        "school_commune_code": school and school.code,
        "school_era": school and str(school.era),
        "residence_code": row["residence_code"],
        "residence_era": residence and str(residence.era),
        "village": row["village"],
        "sex": row["sex"],
        "ethnic_code": row["ethnic_code"],
    }


def facts_of(rows: Iterable[Source]) -> Facts:
    """The facts in a person's records that decide on destinations."""
    enrolments: list[Enrolment] = []
    states: list[State] = []
    deaths: list[date] = []
    meaning = definitions().destinations.states
    for row in rows:
        recorded = (row["recorded_us"], row["record_ref"])
        if row["kind"] == RecordKind.ENROLMENT:
            enrolments.append(
                Enrolment(
                    kind=ProgrammeKind(row["programme_kind"]),
                    admitted_on=row["admitted_on"],
                    left_on=row["left_on"],
                    left_reason=LeftReason(row["left_reason"]) if row["left_reason"] else None,
                    completed_on=row["completed_on"],
                )
            )
        elif row["kind"] == RecordKind.PLACEMENT:
            states.append(State(Destination.EMP, row["started_on"], recorded, ended_on=row["ended_on"]))
        elif row["kind"] == RecordKind.LIFE_EVENT:
            if row["event"] == LifeEventKind.DECEASED:
                deaths.append(row["happened_on"])
            else:
                states.append(State(meaning[LifeEventKind(row["event"])], row["happened_on"], recorded))
    return Facts(enrolments, states, min(deaths, default=None))


def _store_persons(session: Session, persons: Sequence[str], records: Mapping[str, list[Source]]) -> None:
    stored = {
        row["person_id"]: row
        for row in _select_where_in(session, list(PERSON.c), PERSON.c.person_id, persons, sa.true())
    }
    wanted: dict[str, Row] = {}
    for person_id in persons:
        kinds = Counter(row["kind"] for row in records.get(person_id, ()))
        if kinds:
            counts = {name: kinds[kind] for kind, name in _COUNTED.items()}
            wanted[person_id] = {"person_id": person_id, **counts}
    changed = [key for key in stored if wanted.get(key) != stored[key]]
    _delete(session, PERSON, PERSON.c.person_id, changed)
    insert_rows(
        session,
        PERSON,
        [wanted[key] for key in persons if key in wanted and (key in changed or key not in stored)],
    )


def _store_pathways(
    session: Session,
    owners: Sequence[str],
    *,
    pathways: Mapping[str, Row],
    lives: Mapping[str, tuple[Spell, ...]],
) -> None:
    stored = {
        row["record_ref"]: row
        for row in _select_where_in(session, list(PATHWAY.c), PATHWAY.c.owner, owners, sa.true())
    }
    stored_lives: defaultdict[str, list[Spell]] = defaultdict(list)
    columns = [SPELL.c.record_ref, SPELL.c.since, SPELL.c.until, SPELL.c.destination]
    for row in _select_where_in(session, columns, SPELL.c.record_ref, list(stored), sa.true()):
        stored_lives[row["record_ref"]].append(
            Spell(row["since"], row["until"], Destination(row["destination"]))
        )

    tally: Counter[tuple[Any, ...]] = Counter()
    moved: list[str] = []
    relived: list[str] = []
    for ref in stored.keys() | pathways.keys():
        before, after = stored.get(ref), pathways.get(ref)
        life_before = sorted(stored_lives.get(ref, ()), key=lambda spell: spell.since)
        life_after = list(lives.get(ref, ()))
        if before != after:
            moved.append(ref)
        if life_before != life_after:
            relived.append(ref)
        if before != after or life_before != life_after:
            _count(tally, before, life_before, sign=-1)
            _count(tally, after, life_after, sign=+1)

    _delete(session, SPELL, SPELL.c.record_ref, [ref for ref in relived if ref in stored_lives])
    _delete(session, PATHWAY, PATHWAY.c.record_ref, [ref for ref in moved if ref in stored])
    insert_rows(session, PATHWAY, [pathways[ref] for ref in moved if ref in pathways])
    insert_rows(
        session,
        SPELL,
        [
            {"record_ref": ref, "since": one.since, "until": one.until, "destination": one.destination}
            for ref in relived
            for one in lives.get(ref, ())
        ],
    )
    _add_to_tally(session, tally)


def _count(
    tally: Counter[tuple[Any, ...]], pathway: Source | None, life: Sequence[Spell], *, sign: int
) -> None:
    if pathway is None or pathway["school_commune_code"] is None:
        return
    cohort = (pathway["school_year"], pathway["stage"])
    area = (pathway["school_commune_code"], pathway["school_era"])
    for dimension, key in tally_keys(pathway):
        place = (*cohort, dimension, *area, key)
        before: Destination | None = None
        for spell in life:
            tally[(*place, spell.since, spell.destination)] += sign
            if before is not None:
                tally[(*place, spell.since, before)] -= sign
            before = spell.destination


def tally_keys(pathway: Source) -> tuple[tuple[str, str], ...]:
    """The dimensions by which a pathway is tallied, with its key in each."""
    residence = (pathway["residence_code"], pathway["residence_era"], pathway["village"])
    return (
        ("school", pathway["school_code"]),
        ("sex", pathway["sex"] or ""),
        ("ethnicity", pathway["ethnic_code"] or ""),
        ("residence", "/".join(part or "" for part in residence)),
    )


_TALLY_KEY = [column.name for column in TALLY.primary_key.columns]


def _add_to_tally(session: Session, tally: Counter[tuple[Any, ...]]) -> None:
    """Add the changes, in the order of keys (locks); the database adds, so that workers do not overwrite."""
    changes = sorted((key, change) for key, change in tally.items() if change)
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    for chunk in chunked(changes, _CHANGES_AT_ONCE):
        columns = {
            name: (TALLY.c[name].type, [key[place] for key, _ in chunk])
            for place, name in enumerate(_TALLY_KEY)
        }
        columns["change"] = (TALLY.c.change.type, [change for _, change in chunk])
        given = values_list(session, "given", columns)
        # SQLite takes "ON CONFLICT" after a SELECT for a join condition unless there is a WHERE.
        rows = sa.select(*(given.c[name] for name in columns)).where(sa.literal(1) == 1)
        adding = insert(TALLY).from_select(list(columns), rows)
        session.execute(
            adding.on_conflict_do_update(
                index_elements=_TALLY_KEY, set_={"change": TALLY.c.change + adding.excluded.change}
            )
        )


def _select_where_in(
    session: Session,
    columns: Sequence[sa.ColumnElement[Any]],
    column: sa.ColumnElement[Any],
    values: Sequence[str],
    condition: sa.ColumnElement[bool],
) -> Sequence[Source]:
    if not values:
        return ()
    query = sa.select(*columns).where(one_of(session, column, values), condition)
    found = session.execute(query)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


def _delete(session: Session, table: sa.Table, column: sa.ColumnElement[Any], values: Sequence[str]) -> None:
    if values:
        session.execute(sa.delete(table).where(one_of(session, column, values)))
