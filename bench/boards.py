"""`board` on a million pathways: of the plan's own few communes, and of an area that holds all of them.

The facts are written straight into the table of records, as handlers leave them, and everything that
follows from them (pathways, spells, tallies) comes from the service's own projection code. PostgreSQL gets
a copy of the same tables. What is timed is what the command line and the pages call, inside one process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.measure import Line, number, percentile
from bench.run import Run
from services.indicators.board import BoardQuestion, Dimension, board
from services.indicators.models import INSTITUTION, PROJECTIONS, RECORD
from services.indicators.plan import AreaPart, Plan, plan_of
from services.indicators.projection import recompute
from services.indicators.service import SERVICE
from shared.contracts.codes import RecordKind
from shared.database import Database, chunked, insert_rows, open_database
from shared.reference import communes
from shared.reference.communes import Era

PLAN = "KR2024"
ON = date(2024, 12, 31)

_DISTRICT = "614"
_COMMUNES = 500
_SCHOOLS = 1_000
_PERSONS_AT_ONCE = 10_000
_FIRST_YEAR = 2020
_YEARS = 4
_PEOPLES = ("01", "03", "08", "09", "42")
_NO_FACTS: Mapping[str, Any] = dict.fromkeys(column.name for column in RECORD.c)


def measure(run: Run) -> list[Line]:
    """Milliseconds on both databases, without breakdowns and with all of them."""
    folder = run.folder()
    since = time.monotonic()
    run.say(f"making {run.extent.pathways:,} pathways")
    _generate(run, folder)
    run.say(f"made in {time.monotonic() - since:.0f} s")
    files = open_database(f"sqlite:///{folder}", SERVICE.name)
    lines = _boards(run, files, "SQLite")
    url = run.postgres.create_database()
    server = open_database(url, SERVICE.name)
    server.upgrade(SERVICE.migrations)
    run.say("copying them to PostgreSQL")
    _copy(files, server)
    lines += _boards(run, server, "PostgreSQL")
    for database in (files, server):
        database.dispose()
    run.postgres.drop_database(url)
    return lines


def _boards(run: Run, database: Database, where: str) -> list[Line]:
    own = plan_of(PLAN)
    areas = {
        "of the plan's own area": own,
        "of an area with all of them": replace(
            own, area=(AreaPart(Era.THREE_TIERS, frozenset(_communes())),)
        ),
    }
    lines = []
    for area, plan in areas.items():
        for by in ((), tuple(Dimension)):
            run.say(f"board {area}, {len(by)} breakdowns, {where}")
            took, persons = _timed(database, plan, by, times=run.extent.boards)
            p50, p95 = percentile(took, 0.50), percentile(took, 0.95)
            lines.append(
                Line(
                    f"board {area}, {'all' if by else 'no'} breakdowns, {where}",
                    f"p50 {number(p50)}, p95 {number(p95)} ms",
                    f"{persons:,} of {run.extent.pathways:,} pathways in its denominator",
                )
            )
    return lines


def _timed(
    database: Database, plan: Plan, by: tuple[Dimension, ...], *, times: int
) -> tuple[Sequence[float], int]:
    """Milliseconds of each call after a first one, and the largest denominator."""
    asked = BoardQuestion(plan, ON, ON, by=by)
    took = []
    for _ in range(times + 1):
        since = time.monotonic()
        with database.read() as session:
            answer = board(session, asked)
        took.append((time.monotonic() - since) * 1_000)
    return took[1:], max(one["denominator"] or 0 for one in answer["indicators"])


def _generate(run: Run, folder: Path) -> None:
    # Durability is given up while the data are made; what is timed opens the file as always.
    database = open_database(f"sqlite:///{folder}", SERVICE.name, durable=False)
    database.upgrade(SERVICE.migrations)
    places = _communes()
    with database.write() as session:
        insert_rows(session, INSTITUTION, [_school(place, places) for place in range(_SCHOOLS)])
    done = 0
    for pupils in chunked(range(run.extent.pathways), _PERSONS_AT_ONCE):
        with database.write() as session:
            insert_rows(session, RECORD, [row for pupil in pupils for row in _records(pupil, places)])
            recompute(session, {f"person-{pupil}" for pupil in pupils})
        done += len(pupils)
        if done % (20 * _PERSONS_AT_ONCE) == 0:
            run.say(f"{done:,} pathways")
    database.dispose()


def _communes() -> Sequence[str]:
    """Communes of the time before July 2025: those of the plan's district first."""
    found = list(communes.of_district(_DISTRICT))
    for district in range(1, 1_000):
        if len(found) >= _COMMUNES:
            break
        if f"{district:03d}" != _DISTRICT:
            found += communes.of_district(f"{district:03d}")
    return found[:_COMMUNES]


def _school(place: int, places: Sequence[str]) -> dict[str, Any]:
    return {
        "code": f"000-{place:04d}",
        "owner": "school",
        "valid_from": date(2000, 1, 1),
        "sequence": 1,
        "active": True,
        "name": f"Trường đo thử {place}",
        "commune_code": places[place % len(places)],
        "valid_to": None,
    }


def _records(pupil: int, places: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A completion, and for most what came after it: school, a trade, work, or nothing known."""
    year = _FIRST_YEAR + pupil // _SCHOOLS % _YEARS
    school = pupil % _SCHOOLS
    recognised_on = date(year + 1, 5, 28)
    person = {
        **_NO_FACTS,
        "person_id": f"person-{pupil}",
        "link_sequence": 1,
        "content_sequence": 1,
        "active": True,
        "recorded_us": pupil,
        "sex": "MF"[pupil % 2],
        "ethnic_code": _PEOPLES[pupil % len(_PEOPLES)],
        "residence_code": places[school % len(places)],
        "village": f"Thôn {pupil % 7}",
    }
    yield {
        **person,
        "record_ref": f"c-{pupil}",
        "kind": RecordKind.COMPLETION,
        "school_code": f"000-{school:04d}",
        "stage": "THPT" if pupil % 4 == 0 else "THCS",
        "school_year": f"{year}-{year + 1}",
        "recognised_on": recognised_on,
    }
    after = {**person, "record_ref": f"a-{pupil}"}
    what = pupil * 7 % 20
    if what < 15:
        admitted = {"admitted_on": recognised_on + timedelta(days=80), "kind": RecordKind.ENROLMENT}
        kind, trade = ("TC", "5620120") if what < 5 else ("CD", "6620120") if what < 7 else ("THPT", None)
        yield {**after, **admitted, "programme_kind": kind, "trade_code": trade}
    elif what < 19:
        yield {
            **after,
            "kind": RecordKind.LIFE_EVENT,
            "event": "employed" if what < 18 else "neet",
            "happened_on": recognised_on + timedelta(days=120),
        }


def _copy(files: Database, server: Database) -> None:
    """The same tables on PostgreSQL, and the statistics that its autovacuum would have gathered."""
    with files.read() as reading:
        for table in PROJECTIONS:
            rows = reading.execute(sa.select(table).execution_options(yield_per=_PERSONS_AT_ONCE)).mappings()
            for chunk in chunked(rows, _PERSONS_AT_ONCE):
                with server.write() as writing:
                    insert_rows(writing, table, [dict(row) for row in chunk])
    with server.write() as writing:
        writing.execute(sa.text("ANALYZE"))
