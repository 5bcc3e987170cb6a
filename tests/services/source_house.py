"""A source service on a fresh database, fed with literal tables through the import that users have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from shared.clock import FixedClock, today
from shared.contracts import Envelope, decode
from shared.database import Database, open_database
from shared.files.importing import Kind, Report, import_rows
from shared.files.layout import Table, parse
from shared.messaging.tables import TABLES
from shared.service.service import Service

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass
class Sources:
    """Open source services; `table` texts are written as people read them: columns divided by |."""

    services: Sequence[Service]
    databases: dict[str, Database]
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def load(
        self,
        kind: str,
        table: str,
        *,
        organisation: str | None = None,
        dry_run: bool = False,
        all_or_nothing: bool = False,
    ) -> Report:
        """Import a literal table."""
        targets = self.targets(kind)
        parsed = parse(targets[0][0].layout, table_of(table), today=today(self.clock))
        return import_rows(
            targets,
            parsed,
            publisher=organisation or "local",
            organisation=organisation,
            clock=self.clock,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
        )

    def withdraw(self, kind: str, key: str, *, publisher: str = "local") -> bool:
        """Take one row back."""
        withdrawn = False
        for found, database in self.targets(kind):
            with database.write() as session:
                withdrawn |= found.withdraw(session, self.clock, publisher, key, "nhập nhầm")
        return withdrawn

    def targets(self, kind: str) -> list[tuple[Kind, Database]]:
        """The kinds of that name, with their databases."""
        return [
            (found, self.databases[service.name])
            for service in self.services
            for found in service.kinds
            if found.layout.kind == kind
        ]

    def events(self, service: str | None = None) -> list[Envelope]:
        """Everything in the outbox, in order."""
        with self.databases[service or self.services[0].name].read() as session:
            rows = session.execute(sa.select(TABLES.outbox.c.value).order_by(TABLES.outbox.c.id))
            return [decode(bytes(value)) for (value,) in rows]

    def facts(self, service: str | None = None) -> list[str]:
        """The short names of all events, in order."""
        return [type(envelope.data).__name__ for envelope in self.events(service)]

    def forget_events(self) -> None:
        """Empty the outboxes, as a relay does."""
        for database in self.databases.values():
            with database.write() as session:
                session.execute(sa.delete(TABLES.outbox))


def table_of(text: str) -> Table:
    """A table from lines with cells divided by |; rows are numbered as in a sheet."""
    lines = [line.strip() for line in text.strip().splitlines()]
    headings, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return Table(headings=headings, rows=list(enumerate(rows, start=2)))


def counts(report: Report) -> tuple[int, int, int, int]:
    """(new, changed, same, rejected)."""
    return report.new, report.changed, report.same, report.rejected


def fault_codes(report: Report) -> list[str]:
    """Codes of the faults, in order."""
    return [fault.code for fault in report.faults]


def warning_codes(report: Report) -> list[str]:
    """Codes of the warnings, in order."""
    return [warning.code for warning in report.warnings]


def assert_sequences_have_no_gap(events: Sequence[Envelope]) -> None:
    """Per subject and topic the sequence is 1, 2, 3 … in the order of the outbox."""
    seen: dict[tuple[str, str], int] = {}
    for envelope in events:
        place = (envelope.data.TOPIC.name, envelope.subject)
        assert envelope.sequence == seen.get(place, 0) + 1, place
        seen[place] = envelope.sequence


@contextmanager
def open_sources(url: str, *services: Service) -> Iterator[Sources]:
    """The services on fresh tables under a database URL."""
    databases = {service.name: open_database(url, service.name) for service in services}
    try:
        for service in services:
            databases[service.name].upgrade(service.migrations)
        yield Sources(services, databases)
    finally:
        for database in databases.values():
            database.dispose()
