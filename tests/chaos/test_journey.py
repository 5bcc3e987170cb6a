"""An office whose computer dies while it imports: import again, and the official figures are right."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.demo import FILES
from tests.chaos.mishap import COMMAND_STEPS
from tests.journeys.office import Office

SETTLE_STEPS = ("relay:within-append", "relay:before-delete", "worker:before-commit", "worker:after-commit")
"""Each between something done and something not done yet."""


@pytest.fixture(params=["embedded", "production"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    """An office without any data, on either backend."""
    backend: Mapping[str, str] = {}
    if request.param == "production":
        backend = {
            "NOINGHE_DATABASE_URL": request.getfixturevalue("postgres_url"),
            "NOINGHE_EVENT_LOG_URL": request.getfixturevalue("clean_kafka_url"),
        }
    return Office(tmp_path, backend)


def dies(office: Office, mishap: str, *arguments: str) -> bool:
    """Run a command that is to be killed at a step; whether it came that far."""
    command = [sys.executable, "-m", "tests.chaos.office", mishap, "--data", str(office.data), *arguments]
    done = subprocess.run(
        command, env=office.environ, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.timeout(300)
def test_files_imported_by_processes_that_die_are_imported_again_and_the_figures_are_official(
    office: Office,
) -> None:
    chance = random.Random(20261231)  # noqa: S311 - which steps, the same every time
    for kind, path in FILES:
        assert dies(office, f"{chance.choice(COMMAND_STEPS)}@1", "import", kind, str(path))
        assert office.json("import", kind, str(path))["faults"] == []
    for step in SETTLE_STEPS:
        assert dies(office, f"{step}@1", "settle", "--timeout", "60"), step
    office.settle()
    assert office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)
    assert office.figure("KR-3", "KR2024", "2024-12-31") == (15, 60)
    verified = office.run("verify")
    assert verified.status == 0, verified
    again = [office.json("import", kind, str(path)) for kind, path in FILES[2:4]]
    assert {(answer["new"], answer["changed"]) for answer in again} == {(0, 0)}
