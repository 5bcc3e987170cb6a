"""The machine interface: rows one by one beside rows in bulk, through the real application of `school`.

gunicorn serves it as in a province. Clients keep their connections and send new completions; each becomes
two events (content and identity), which are counted in the outbox, so only what was really published counts.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from bench import pupils
from bench.idle import ROOT, without_settings
from bench.measure import Line, Target, alternate, compared
from bench.run import Run
from infra.processes import KeptProcess, free_port, listening, wait_ready
from services.school.service import SERVICE
from shared.clock import SystemClock
from shared.database import Database, chunked
from shared.messaging.outbox import depth
from shared.settings import Settings
from shared.web.keys import create_key

BULK = Target(10, 20)
CLIENTS = 4
ITEMS = 1_000

_READY_WITHIN_S = 60.0
_PATH = "/api/school/v1"


@dataclass(frozen=True, slots=True)
class _School:
    """The running application: its port and key, its database, and rows that nobody sent yet."""

    port: int
    key: str
    database: Database
    rows: Iterator[pupils.Row]


def measure(run: Run) -> list[Line]:
    """On both databases."""
    lines = []
    few = max(1, run.extent.requests // 50)
    made = pupils.Pupils(run.extent.repetitions * (run.extent.requests + few * ITEMS))
    for dialect in ("sqlite", "postgresql"):
        run.say(f"endpoints of school on {dialect}")
        with _served(run, dialect, made) as school:
            found = alternate(
                run.extent.repetitions,
                {
                    "single": partial(_rate, school, 1, requests=run.extent.requests),
                    "bulk": partial(_rate, school, ITEMS, requests=few),
                },
            )
        name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[dialect]
        measure_name = f"bulk endpoint ({ITEMS} rows) / single endpoint, {name}"
        lines.append(compared(measure_name, found["bulk"], found["single"], BULK))
    return lines


@contextmanager
def _served(run: Run, dialect: str, made: pupils.Pupils) -> Iterator[_School]:
    folder = run.folder()
    url = run.postgres.create_database() if dialect == "postgresql" else f"sqlite:///{folder}"
    environment = {
        **without_settings(),
        "NOINGHE_DATA": str(folder),
        "NOINGHE_DATABASE_URL": url,
        "NOINGHE_SERVICE": "school",
        "NOINGHE_LOG_LEVEL": "WARNING",
    }
    context = SERVICE.open(Settings.load(environment), SystemClock())
    with context.database.write() as session:
        key = create_key(session, SystemClock(), organisation=None, scopes=["school.write"])
    port = free_port()
    workers = 1 if dialect == "sqlite" else 2  # a SQLite file is written by one process
    options = ["--workers", str(workers), "--worker-class", "gthread", "--threads", str(CLIENTS)]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    process = KeptProcess(
        [*command, *options, "--keep-alive", "60", "shared.service.wsgi:application()"],
        run.folder() / "gunicorn.log",
        environment=environment,
        directory=ROOT,
    )
    try:
        wait_ready(process, lambda: listening(port), what="gunicorn", timeout_s=_READY_WITHIN_S)
        school = _School(port, key, context.database, map(made.completion, range(len(made))))
        _send(
            school, "institutions", [{"items": [row for row in pupils.institutions() if row["kind"] != "TC"]}]
        )
        yield school
    finally:
        process.stop()
        context.close()
        if dialect == "postgresql":
            run.postgres.drop_database(url)


def _rate(school: _School, items: int, *, requests: int) -> float:
    """Events a second that so many requests publish, sent by a few clients at once."""
    rows = list(islice(school.rows, requests * items))
    bodies: list[Any] = rows if items == 1 else [{"items": chunk} for chunk in chunked(rows, items)]
    shares = [bodies[client::CLIENTS] for client in range(CLIENTS)]
    before, since = depth(school.database), time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        for sent in [clients.submit(_send, school, "completions", share) for share in shares]:
            sent.result()
    took = time.monotonic() - since
    published = depth(school.database) - before
    if published != 2 * len(rows):
        raise RuntimeError(f"{len(rows)} completions became {published} events instead of twice as many")
    return published / took


def _send(school: _School, kind: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Post the bodies one after the other on one connection; those with items go to the bulk route."""
    connection = http.client.HTTPConnection("127.0.0.1", school.port, timeout=120)
    headers = {"Authorization": f"Bearer {school.key}", "Content-Type": "application/json"}
    for body in bodies:
        path = f"{_PATH}/{kind}/bulk" if "items" in body else f"{_PATH}/{kind}"
        connection.request("POST", path, json.dumps(body, default=str), headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= http.client.BAD_REQUEST or json.loads(said).get("rejected", 0):
            raise RuntimeError(f"{path} answered {answer.status}: {said[:500]!r}")
    connection.close()
