"""The migrations of the source services make exactly the tables that their models describe."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from services.employment.service import SERVICE as EMPLOYMENT
from services.school.service import SERVICE as SCHOOL
from services.vocational.service import SERVICE as VOCATIONAL
from shared.service.service import Service
from tests.services.source_house import open_sources


@pytest.mark.parametrize("service", [SCHOOL, VOCATIONAL, EMPLOYMENT], ids=lambda service: service.name)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_migrations_and_models_agree(
    service: Service, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    with open_sources(url, service) as house, house.databases[service.name].write() as session:
        connection = session.connection()
        context = MigrationContext.configure(connection, opts={"target_metadata": service.metadata})
        assert compare_metadata(context, service.metadata) == []
        checks = {
            table.name: {c["name"] for c in sa.inspect(connection).get_check_constraints(table.name)}
            for table in service.metadata.sorted_tables
        }
    for table in service.metadata.sorted_tables:
        wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint) and c.name}
        assert wanted <= checks[table.name]
