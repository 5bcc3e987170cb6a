"""One owner per data folder: a command believes the address in the folder only if its owner is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from services.__main__ import SERVICES
from shared.service.house import House
from shared.service.owner import Caller, LocalCaller, OwnerCaller, announce, calling, owning
from shared.service.server import one_machine_application
from shared.settings import Settings

TOKEN = "token-of-the-owner"
WITHIN_S = 20.0
SOON_S = 0.5


class Stranger(BaseHTTPRequestHandler):
    """A program that has nothing to do with us and answers everything with 200; keeps what it was sent."""

    heard: list[str]
    called: threading.Event

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.heard.append(f"{self.path} {self.headers} {self.rfile.read(length)!r}")
        self.called.set()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"welcome" * 100)

    do_POST = do_GET  # noqa: N815 - the name that the base class calls

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def stranger() -> Iterator[tuple[str, type[Stranger]]]:
    """A stranger's address, and what it hears."""
    handler = type("Handler", (Stranger,), {"heard": [], "called": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()
        thread.join()


class Command:
    """A command on a thread: who carries it out, once it found out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.caller: Caller | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with calling(SERVICES, Settings.load({}, data_dir=self._folder)) as caller:
            self.caller = caller

    def is_waiting(self, s: float) -> bool:
        self._thread.join(s)
        return self._thread.is_alive()


def test_an_address_that_a_killed_owner_left_is_not_believed_while_another_command_owns_the_folder(
    tmp_path: Path,
) -> None:
    with stranger() as (address, _):
        pass
    announce(tmp_path, address=address, token=TOKEN)
    with owning(tmp_path):
        announce(tmp_path, address=address, token=TOKEN)
        command = Command(tmp_path)
        assert command.is_waiting(SOON_S)
    assert not command.is_waiting(WITHIN_S)
    assert isinstance(command.caller, LocalCaller)


def test_a_program_that_took_the_port_of_a_killed_owner_hears_neither_token_nor_work(tmp_path: Path) -> None:
    with stranger() as (address, taker):
        with owning(tmp_path):
            announce(tmp_path, address=address, token=TOKEN)
            command = Command(tmp_path)
            assert taker.called.wait(WITHIN_S)
            assert command.is_waiting(SOON_S)
        assert not command.is_waiting(WITHIN_S)
        assert isinstance(command.caller, LocalCaller)
        assert taker.heard
        assert not [heard for heard in taker.heard if TOKEN in heard or "POST" in heard or "Bearer" in heard]


def test_who_takes_the_folder_removes_the_address_of_the_owner_before(tmp_path: Path) -> None:
    announce(tmp_path, address="http://127.0.0.1:9", token=TOKEN)
    with owning(tmp_path):
        assert not (tmp_path / "owner.json").exists()


def test_a_command_that_looks_for_an_owner_keeps_nobody_from_becoming_it(tmp_path: Path) -> None:
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            announce(tmp_path, address="http://127.0.0.1:9", token=TOKEN)
            OwnerCaller.found_in(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(2_000):
            with owning(tmp_path):
                pass
    finally:
        over.set()
        looking.join()


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY"])
def test_the_owner_is_found_by_its_proof_and_reached_without_the_proxy_of_the_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    settings = Settings.load({}, data_dir=tmp_path)
    with owning(tmp_path), House(SERVICES, settings) as house:
        server = make_server("127.0.0.1", 0, one_machine_application(house, TOKEN), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            announce(tmp_path, address=f"http://127.0.0.1:{server.server_port}", token=TOKEN)
            with calling(SERVICES, settings) as caller:
                assert isinstance(caller, OwnerCaller)
                assert caller.call("key.list", {}, lambda done, total: None) == {"keys": []}
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
