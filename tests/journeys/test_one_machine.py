"""`noinghe up`: one process owns the folder, others hand their work over, nothing is lost on the way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from services.demo import FILES
from tests.journeys.office import Office, source_rows


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(office: Office, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`noinghe up` until it answers; ended with Ctrl-C if the test did not end it."""
    port = free_port()
    output = (office.folder / "up.log").open("a+")
    process = subprocess.Popen(
        office.command("up", "--port", str(port), *flags),
        env=office.environ,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, address, office)
        yield process, address
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        output.close()


def wait_until_ready(process: subprocess.Popen[str], address: str, office: Office) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, (office.folder / "up.log").read_text()
        try:
            if requests.get(f"{address}/ready", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError((office.folder / "up.log").read_text())


def test_the_demo_shows_both_boards_and_the_front_page_the_totals(small_office: Office) -> None:
    with running(small_office, "--demo") as (process, address):
        page = requests.get(address, timeout=10)
        assert page.status_code == 200
        assert "82,35" in page.text
        assert "25,00" in page.text
        for wanted in ("/live", "/ready", "/metrics", "/api/school/v1/openapi.json"):
            assert requests.get(address + wanted, timeout=10).status_code == 200, wanted
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    shown = (small_office.folder / "up.log").read_text()
    for figure in ("42", "51", "82,35 %", "25,00 %", "http://localhost:", "Ctrl-C"):
        assert figure in shown
    assert "Traceback" not in shown


def test_a_second_start_keeps_the_data_and_takes_seconds(small_office: Office) -> None:
    with running(small_office, "--demo"):
        pass
    started = time.monotonic()
    with running(small_office, "--demo"):
        assert small_office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)
    assert time.monotonic() - started < 60


def test_the_demo_refuses_a_folder_with_other_data(small_office: Office) -> None:
    small_office.load(FILES[:1])
    answer = small_office.run("up", "--demo", "--port", str(free_port()))
    assert answer.status == 1
    assert "--data" in answer.err


def test_a_port_in_use_is_said_before_anything_is_done(small_office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = small_office.run("up", "--port", str(taken.getsockname()[1]))
    assert answer.status == 3
    assert "--port" in answer.err


def test_commands_hand_their_work_to_the_running_owner(small_office: Office) -> None:
    office = small_office
    with running(office) as (_, address):
        office.load(FILES)
        assert office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)
        assert office.run("withdraw", "completions", "none", "--reason", "thử").status == 1
        assert office.run("verify").status == 0
        assert office.run("replay", "indicators").status == 0
        assert office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)
        refused = requests.post(f"{address}/_owner/call", data=b"{}", timeout=10)
        assert (refused.status_code, refused.headers["Content-Type"]) == (404, "application/problem+json")
    assert office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)


def test_a_key_without_the_scope_is_known_but_not_allowed(small_office: Office) -> None:
    made = small_office.json("key", "create", "--organisation", "S1", "--scope", "vocational.write")
    header = {"Authorization": f"Bearer {made['key']}"}
    with running(small_office) as (_, address):
        for service, status in (("vocational", 422), ("school", 403), ("employment", 404)):
            place = f"{address}/api/{service}/v1/enrolments"
            assert requests.post(place, json={}, headers=header, timeout=10).status_code == status, service
        board = f"{address}/api/indicators/v1/boards/BL2026"
        assert requests.get(board, params={"by": "school"}, headers=header, timeout=10).status_code == 403
        assert small_office.run("key", "revoke", made["id"]).status == 0
        place = f"{address}/api/school/v1/enrolments"
        assert requests.post(place, json={}, headers=header, timeout=10).status_code == 401


def test_two_commands_at_once_wait_for_each_other(small_office: Office) -> None:
    office = small_office
    files = dict(FILES)
    commands = [office.command("import", kind, str(files[kind])) for kind in ("institutions", "vacancies")]
    processes = [
        subprocess.Popen(
            command, env=office.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for command in commands
    ]
    for process in processes:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error


@pytest.mark.parametrize("victim", ["worker", "everything"])
def test_a_killed_process_loses_and_doubles_nothing(small_office: Office, victim: str) -> None:
    office = small_office
    office.load(FILES[:1])
    files = dict(FILES)
    with running(office) as (process, address):
        for kind in ("completions", "enrolments", "life-events"):
            paths = [path for one, path in FILES if one == kind]
            for path in paths:
                importing = subprocess.Popen(
                    office.command("import", kind, str(path)),
                    env=office.environ,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                time.sleep(1.2)
                for child in psutil.Process(process.pid).children():
                    child.kill()
                importing.wait(timeout=90)
        if victim == "everything":
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        else:
            wait_until_ready(process, address, office)
    assert files
    office.load(FILES)
    assert office.figure("BL-5", "BL2026", "2026-12-31") == (42, 51)
    assert office.figure("KR-3", "KR2024", "2024-12-31") == (15, 60)
    assert office.run("verify").status == 0


def test_only_the_owner_of_the_machine_can_read_the_token(small_office: Office) -> None:
    with running(small_office):
        mode = (small_office.data / "owner.json").stat().st_mode & 0o777
        assert mode == 0o600
    assert not (small_office.data / "owner.json").exists()


def test_no_name_and_no_number_reaches_the_logs(small_office: Office) -> None:
    with running(small_office) as (_, address):
        small_office.load(FILES)
        requests.get(f"{address}/api/school/v1/completions", timeout=10)
        requests.get(f"{address}/nowhere?name=Chung", timeout=10)
    logged = Path(small_office.folder / "up.log").read_text()
    people = source_rows("completions")
    assert not [row for row in people if row["full_name"] in logged or row["person_id"] in logged]
