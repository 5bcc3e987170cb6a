"""Column types."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from shared.database import Database, UtcInstant, open_database

MOMENT = sa.Table("moment", sa.MetaData(), sa.Column("at", UtcInstant))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the table of moments."""
    with open_database(database_url, "school") as opened:
        with opened.write() as session:
            MOMENT.create(session.connection())
        yield opened


def test_an_instant_comes_back_in_utc_on_every_database(database: Database) -> None:
    noon_in_vietnam = datetime(2025, 7, 1, 12, tzinfo=timezone(timedelta(hours=7)))
    with database.write() as session:
        session.execute(sa.insert(MOMENT), [{"at": noon_in_vietnam}, {"at": None}])
    with database.read() as session:
        found = list(session.scalars(sa.select(MOMENT.c.at).order_by(MOMENT.c.at.is_(None))))
    assert found == [datetime(2025, 7, 1, 5, tzinfo=UTC), None]
    assert found[0].tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with database.write() as session, pytest.raises(StatementError, match="naive"):
        session.execute(sa.insert(MOMENT), {"at": datetime(2025, 7, 1)})  # noqa: DTZ001 - the point
