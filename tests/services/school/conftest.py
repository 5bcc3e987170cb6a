"""School (and vocational beside it, for files that both read) on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.school.service import SERVICE as SCHOOL
from services.vocational.service import SERVICE as VOCATIONAL
from tests.services.source_house import Sources, open_sources

INSTITUTIONS = """
    code      | name                | kind      | commune_code | valid_from | valid_to
    BL-THCS-1 | THCS Bình Lư        | THCS      | 03390        | 2025-07-01 |
    BL-PT-1   | THCS&THPT Sơn Bình  | THCS&THPT | 03390        | 2025-07-01 |
    BL-THPT-1 | THPT Bình Lư        | THPT      |              | 2025-07-01 |
    TT-1      | TT GDNN-GDTX Bình Lư| GDNN-GDTX | 03390        | 2025-07-01 |
    CD-1      | Cao đẳng Lai Châu   | CD        |              | 2025-07-01 |
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def house(database_url: str) -> Iterator[Sources]:
    """The services, with some schools registered and their events gone."""
    with open_sources(database_url, SCHOOL, VOCATIONAL) as sources:
        sources.load("institutions", INSTITUTIONS)
        sources.forget_events()
        yield sources
