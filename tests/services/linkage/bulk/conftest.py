from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.linkage.files.offices import Office


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)
