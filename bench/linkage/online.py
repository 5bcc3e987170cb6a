"""`python -m bench.linkage online`: what one record costs when so many persons are known, database included.

The store is the service itself: its database opened and brought to the present version as in production, its
own handler, a transaction for every record or for every batch, durable commits. Known records are put in by
the same handler, in random order. Beside it the plain scorer in memory (`arriving.Known`): keys, weights and
decisions without a database. The process that works is bound to one core; PostgreSQL has its own processes.
When everybody has come, what the store linked is held against the truth: leavers x learners, and persons.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import sqlalchemy as sa
import uuid_utils

from bench.linkage import apart
from bench.linkage.arriving import Known
from bench.linkage.judging import Truth, judge_deployed, judge_persons, pairs_within
from bench.linkage.population import Intensity, Population, population
from bench.linkage.sets import FIRST_TEST_SEED
from bench.linkage.showing import table
from bench.linkage.training_pairs import identity_of, records_of
from bench.measure import percentile
from infra.postgres import PostgresServer
from services.linkage.clusters import Facts
from services.linkage.files.linking import shipped_model
from services.linkage.handlers import HANDLERS
from services.linkage.models import LINK
from services.linkage.service import SERVICE
from shared.clock import SystemClock
from shared.contracts import Envelope, employment, school, vocational
from shared.contracts.codes import RecordKind
from shared.messaging.handling import Handling
from shared.service.heap import calm_collector
from shared.settings import Settings

SINGLES, BATCH = 2_000, 500
BATCHED = 20 * BATCH
"""Records that come one by one, records of a transaction, and records that come in such transactions."""

P50_MS, P99_MS, RECORDS_PER_S = 1.0, 5.0, 3_000.0
_ORDER_SEED = 5
_START = datetime(2026, 11, 22, tzinfo=UTC)
_OF_SOURCE = {
    "leavers": (school.IdentityRecorded, RecordKind.COMPLETION, "/school/so-gddt"),
    "learners": (vocational.IdentityRecorded, RecordKind.ENROLMENT, "/vocational/truong-nghe"),
    "hired": (employment.IdentityRecorded, RecordKind.PLACEMENT, "/employment/trung-tam"),
}

Row = dict[str, Any]


def measure(people: int, *, databases: Sequence[str], intensity: str, within_s: float) -> list[Row]:
    """Figures of the store on each database (`sqlite`, `postgresql`), and of the plain scorer in memory."""
    asked: dict[str, Any] = {"people": people, "intensity": intensity}
    rows = [apart.run("memory", asked, within_s=within_s)]
    for name in databases:
        with _place(name) as (folder, url):
            there = {**asked, "where": name, "folder": str(folder), "url": url}
            rows.append(apart.run("store", there, within_s=within_s))
    return rows


def shown(rows: Sequence[Row]) -> str:
    """The figures as a Markdown table with the goals."""
    headings = (
        "online",
        "known records",
        "p50 ms",
        "p99 ms",
        "records/s in batches",
        "filling",
        "peak MiB",
        "precision",
        "recall",
        "persons F1",
        "goal",
    )
    cells = []
    for row in rows:
        reached = (
            row["p50_ms"] <= P50_MS and row["p99_ms"] <= P99_MS and row["records_per_s"] >= RECORDS_PER_S
        )
        cells.append(
            (
                row["where"],
                f"{row['known']:,}",
                f"{row['p50_ms']:.2f}",
                f"{row['p99_ms']:.2f}",
                f"{row['records_per_s']:,.0f}",
                f"{row['filling_per_s']:,.0f}/s",
                f"{row['peak_mib']:,.0f}",
                *(
                    f"{row[name]:.4f}" if name in row else ""
                    for name in ("precision", "recall", "persons_f1")
                ),
                "reached" if reached else "**not reached**",
            )
        )
    wanted = (
        f"p50 ≤ {P50_MS:g} ms, p99 ≤ {P99_MS:g} ms, ≥ {RECORDS_PER_S:,.0f} records/s in batches of {BATCH}"
    )
    return f"Goals: {wanted}.\n\n" + table(headings, cells)


def store(asked: Mapping[str, Any]) -> Row:
    """The service's handler on one database."""
    calm_collector()
    _one_core()
    made = _made(int(asked["people"]), str(asked["intensity"]))
    fill, singles, batched = _parts(list(arriving(made)))
    environment = {"NOINGHE_DATA": asked["folder"]}
    if asked["url"]:
        environment["NOINGHE_DATABASE_URL"] = asked["url"]
    context = SERVICE.open(Settings.load(environment), SystemClock())

    def hear(some: Sequence[Envelope]) -> None:
        with context.database.write() as session:
            handling = Handling(session, context.clock, rebuilding=False)
            for envelope_type, run in _runs(some):
                HANDLERS[envelope_type](handling, run)

    try:
        filling = _in_batches(fill, hear)
        took = [_seconds(hear, [one]) for one in singles]
        batches = _in_batches(batched, hear)
        with context.database.read() as session:
            persons = {row.record_ref: row.person_id for row in session.execute(sa.select(LINK))}
    finally:
        context.database.dispose()
    row = _row(str(asked["where"]), fill, took, filling=filling, batches=batches)
    return row | _quality(made, persons)


def _quality(made: Population, persons: Mapping[str, str | None]) -> Row:
    """What the store linked by itself, against the truth."""
    refs = [_ref(source.name, key) for source in made.sources for key in source.columns["record_id"].tolist()]
    codes: dict[str, int] = {}
    labels = np.array([codes.setdefault(persons.get(ref) or ref, len(codes)) for ref in refs], dtype=np.int64)
    sizes = [len(source) for source in made.sources]
    truth = Truth(
        person=np.concatenate([source.person for source in made.sources]),
        source=np.repeat(np.arange(len(sizes)), sizes),
        kinh=np.ones(len(refs), dtype=bool),
    )
    deployed = judge_deployed(truth, *pairs_within(labels, truth.source), None)
    return {
        "precision": deployed.precision,
        "recall": deployed.recall,
        "persons_f1": judge_persons(truth, [labels]).pairwise_f1,
    }


def memory(asked: Mapping[str, Any]) -> Row:
    """The plain scorer: everything in this process."""
    calm_collector()
    _one_core()
    records = records_of(_made(int(asked["people"]), str(asked["intensity"])))
    facts = [
        Facts(
            ref=f"{place:08d}",
            kind=tuple(_OF_SOURCE.values())[source][1],
            source=str(source),
            listing=str(listing) if stage else None,
            birth_year=born or None,
            happened_year=year,
            number=found.number,
            age=place,
        )
        for place, (source, listing, stage, born, year, found) in enumerate(
            zip(
                records.source.tolist(),
                records.listing.tolist(),
                records.stage.tolist(),
                records.birth_year.tolist(),
                records.happened_year.tolist(),
                records.features,
                strict=True,
            )
        )
    ]
    known = Known(shipped_model(), records.features)
    order = np.random.default_rng(_ORDER_SEED).permutation(len(records)).tolist()
    fill, singles, batched = _parts(order)

    def hear(some: Sequence[int]) -> None:
        known.take(some, facts)

    filling = _in_batches(fill, hear)
    took = [_seconds(hear, [one]) for one in singles]
    return _row("memory, no database", fill, took, filling=filling, batches=_in_batches(batched, hear))


def arriving(made: Population) -> Iterator[Envelope]:
    """Every row of a population as the event that its service publishes, in random order."""
    found = []
    for source in made.sources:
        event, kind, publisher = _OF_SOURCE[source.name]
        days = source.day.astype(object).tolist()
        keys = source.columns["record_id"].tolist()
        for row, day, key in zip(source.rows(), days, keys, strict=True):
            data = event(
                record_ref=_ref(source.name, key), record_kind=kind, identity=identity_of(row, day).to_json()
            )
            found.append(Envelope("", publisher, _START, data.record_ref, 1, data))
    order = np.random.default_rng(_ORDER_SEED).permutation(len(found)).tolist()
    for place, number in enumerate(order):
        moment = _START + timedelta(milliseconds=place)
        yield found[number]._replace(id=str(uuid_utils.uuid7()), time=moment)


def _ref(source: str, key: str) -> str:
    return f"{source}-{key}"


def _made(people: int, intensity: str) -> Population:
    return population(people=people, seed=FIRST_TEST_SEED, intensity=Intensity(intensity))


def _parts(records: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    """Known records, then singles, then those in batches; of a small set a quarter is new."""
    new = min(SINGLES + BATCHED, len(records) // 4)
    singles = min(SINGLES, new // 2)
    known = len(records) - new
    return records[:known], records[known : known + singles], records[known + singles :]


def _runs(envelopes: Sequence[Envelope]) -> Iterator[tuple[Any, list[Envelope]]]:
    """Consecutive events of one type, as a worker hands them to a handler."""
    run: list[Envelope] = []
    for envelope in envelopes:
        if run and HANDLERS[type(run[0].data)] is not HANDLERS[type(envelope.data)]:
            yield type(run[0].data), run
            run = []
        run.append(envelope)
    if run:
        yield type(run[0].data), run


def _in_batches(records: Sequence[Any], hear: Any) -> float:
    """Records per second in transactions of `BATCH`."""
    begun = time.perf_counter()
    for start in range(0, len(records), BATCH):
        hear(records[start : start + BATCH])
    return len(records) / (time.perf_counter() - begun)


def _seconds(hear: Any, some: Sequence[Any]) -> float:
    begun = time.perf_counter()
    hear(some)
    return time.perf_counter() - begun


def _row(where: str, known: Sequence[Any], took: Sequence[float], *, filling: float, batches: float) -> Row:
    return {
        "where": where,
        "known": len(known),
        "p50_ms": percentile(took, 0.50) * 1_000,
        "p99_ms": percentile(took, 0.99) * 1_000,
        "records_per_s": batches,
        "filling_per_s": filling,
        "peak_mib": apart.peak_mib(),
    }


def _one_core() -> None:
    """Bind this process to one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def _place(name: str) -> Iterator[tuple[Path, str | None]]:
    """A data folder, and the address of a server where one is meant."""
    with TemporaryDirectory(prefix="noinghe-online-") as folder:
        if name == "sqlite":
            yield Path(folder), None
            return
        with PostgresServer() as server:
            yield Path(folder), server.create_database()
