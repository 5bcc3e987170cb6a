"""One data folder, one owner process: the lock, and how other commands hand their work to the owner.

On the embedded defaults only one process may write (EVENTS.md names the write-ahead-log fault that this
avoids). `noinghe up` owns its folder as long as it runs; any other command asks it, over loopback, with a
token that only readers of the folder have. At rest a command takes the lock for its own time. With
PostgreSQL and Kafka there is no owner.

An address in the folder may be of an owner that was killed, and its port may be another program's by now.
So whoever takes the lock removes it, and nobody is shown the token or any work before it has proved, by a
keyed hash of a fresh challenge, that it has the token already.
"""

from __future__ import annotations

import hmac
import os
import queue
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import orjson
import requests
from filelock import FileLock, Timeout
from flask import Blueprint, Response, abort, request

from shared import errors
from shared.clock import Clock
from shared.errors import NoiNgheError, Unavailable
from shared.service.house import House, Progress
from shared.service.operations import perform
from shared.service.service import Service
from shared.settings import Settings

LOCK_FILE = "owner.lock"
ADDRESS_FILE = "owner.json"
HANDOFF_PATH = "/_owner/call"
WAIT_FOR_OWNER_S = 60.0
_PROOF_WITHIN_S = 5.0
_LOCK_POLL_S = 0.2
_CARRIED = {
    cls.__name__: cls
    for cls in (errors.Invalid, errors.NotFound, errors.Conflict, errors.Forbidden, errors.Unavailable)
}


class FolderInUse(Unavailable):
    """Another process owns the data folder."""

    code = "folder_in_use"


class Caller(Protocol):
    """Whoever can carry out a verb: this process, or the owner of the data folder."""

    def call(self, name: str, parameters: Mapping[str, Any], progress: Progress) -> Any:
        """Carry out a verb of the house; raises `shared.errors` classes."""
        ...


class LocalCaller:
    """Carries verbs out on a house of this process."""

    def __init__(self, house: House) -> None:
        self.house = house

    def call(self, name: str, parameters: Mapping[str, Any], progress: Progress) -> Any:
        """Carry out a verb here."""
        return perform(self.house, name, parameters, progress)


class OwnerCaller:
    """Hands verbs to the process that owns the data folder."""

    def __init__(self, address: str, token: str) -> None:
        self._place = address + HANDOFF_PATH
        self._token = token
        self._http = requests.Session()
        self._http.trust_env = False  # neither the office's proxy nor a .netrc has a part in this
        self._http.headers["Connection"] = "close"  # a kept one may be closed by the owner as we use it

    @classmethod
    def found_in(cls, data_dir: Path) -> OwnerCaller | None:
        """The owner that listens at the address in the folder; None where there is none."""
        try:
            told = orjson.loads((data_dir / ADDRESS_FILE).read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        caller = cls(told["address"], told["token"])
        return caller if caller._is_there() else None

    def _is_there(self) -> bool:
        """Whether who listens there has the token; it is asked to prove it, not told it."""
        challenge = secrets.token_hex(32)
        expected = _proof(self._token, challenge)
        try:
            with self._http.get(
                self._place,
                params={"challenge": challenge},
                stream=True,
                allow_redirects=False,
                timeout=_PROOF_WITHIN_S,
            ) as answer:
                given = next(answer.iter_content(len(expected)), b"")
        except requests.RequestException:
            return False
        return hmac.compare_digest(given, expected)

    def call(self, name: str, parameters: Mapping[str, Any], progress: Progress) -> Any:
        """Let the owner carry a verb out; its progress comes line by line, its answer last."""
        try:
            with self._http.post(
                self._place,
                data=orjson.dumps({"operation": name, "parameters": parameters}),
                headers={"Authorization": f"Bearer {self._token}"},
                stream=True,
                timeout=(5, None),
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    raise Unavailable(
                        f"Tiến trình đang giữ thư mục dữ liệu từ chối lệnh (HTTP {answer.status_code})."
                    )
                for line in answer.iter_lines():
                    told = orjson.loads(line) if line else {}
                    if "progress" in told:
                        progress(*told["progress"])
                    elif "error" in told:
                        fault = told["error"]
                        raise _CARRIED[fault["class"]](fault["message"], code=fault["code"])
                    elif "result" in told:
                        return told["result"]
        except requests.RequestException as fault:
            raise Unavailable(
                "Tiến trình đang giữ thư mục dữ liệu không trả lời; thử lại, hoặc dừng nó rồi chạy lại."
            ) from fault
        raise Unavailable("Tiến trình đang giữ thư mục dữ liệu dừng giữa chừng; chạy lại lệnh này.")


@contextmanager
def owning(data_dir: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Own a data folder for the length of a block; an address that an owner before us left is removed.

    Raises `FolderInUse` where another process owns it, `Unavailable` where it cannot be made or written.
    """
    lock = FileLock(data_dir / LOCK_FILE, thread_local=False)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s, poll_interval=_LOCK_POLL_S)
    except Timeout as fault:
        raise FolderInUse(f"Một tiến trình khác đang dùng thư mục dữ liệu {data_dir}.") from fault
    except OSError as fault:
        raise Unavailable(
            f"Không tạo hoặc không ghi được thư mục dữ liệu {data_dir}; hãy chọn thư mục khác bằng --data."
        ) from fault
    try:
        retract(data_dir)
        yield
    finally:
        lock.release()


@contextmanager
def calling(services: Sequence[Service], settings: Settings, clock: Clock | None = None) -> Iterator[Caller]:
    """Whoever can carry out verbs now: the owner if there is one, else a house opened here.

    Waits up to a minute for another short command; raises `FolderInUse` after that.
    """
    if not any(settings.is_embedded(service.name) for service in services):
        with House(services, settings, clock) as house:
            yield LocalCaller(house)
        return
    with ExitStack() as stack:
        caller: Caller | None = None
        deadline = time.monotonic() + WAIT_FOR_OWNER_S
        while caller is None:
            caller = OwnerCaller.found_in(settings.data_dir)
            if caller is None:
                try:
                    stack.enter_context(owning(settings.data_dir, wait_s=1.0))
                    caller = LocalCaller(stack.enter_context(House(services, settings, clock)))
                except FolderInUse:
                    if time.monotonic() > deadline:
                        raise
        yield caller


def announce(data_dir: Path, *, address: str, token: str) -> None:
    """Tell other commands where the owner listens; only the folder's user can read it, never half of it."""
    path, new = data_dir / ADDRESS_FILE, data_dir / f"{ADDRESS_FILE}.new"
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps({"address": address, "token": token}))
    new.replace(path)


def retract(data_dir: Path) -> None:
    """The owner listens no more."""
    (data_dir / ADDRESS_FILE).unlink(missing_ok=True)


def handoff_blueprint(house: House, token: str) -> Blueprint:
    """The route by which other commands of this machine hand over their work."""
    blueprint = Blueprint("owner", __name__)

    @blueprint.get(HANDOFF_PATH)
    def prove() -> Response:
        return Response(_proof(token, request.args.get("challenge", "")), mimetype="text/plain")

    @blueprint.post(HANDOFF_PATH)
    def carry_out() -> Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            abort(404)
        asked = orjson.loads(request.get_data())
        return Response(_told(house, asked), mimetype="application/x-ndjson")

    return blueprint


def _told(house: House, asked: Mapping[str, Any]) -> Iterator[bytes]:
    """Lines of progress while the verb runs on a thread of its own, then its answer."""
    lines: queue.Queue[dict[str, Any]] = queue.Queue()

    def work() -> None:
        try:
            result = perform(
                house,
                asked["operation"],
                asked["parameters"],
                lambda done, total: lines.put({"progress": [done, total]}),
            )
            lines.put({"result": result})
        except NoiNgheError as fault:
            known = next(name for name, cls in _CARRIED.items() if isinstance(fault, cls))
            lines.put({"error": {"class": known, "code": fault.code, "message": fault.message}})
        except Exception:
            lines.put({"error": {"class": "Unavailable", "code": "internal", "message": INTERNAL_FAULT}})
            raise

    threading.Thread(target=work, name="handed-over", daemon=True).start()
    while True:
        line = lines.get()
        yield orjson.dumps(line) + b"\n"
        if "progress" not in line:
            return


INTERNAL_FAULT = "Lỗi bên trong chương trình; dữ liệu vẫn nguyên vẹn. Hãy xem nhật ký."


def _proof(token: str, challenge: str) -> bytes:
    return hmac.new(token.encode(), challenge.encode(), "sha256").hexdigest().encode()
