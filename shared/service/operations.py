"""Verbs that need the whole house: import, withdraw, settle, verify, replay, dead letters, keys, doctor.

Each takes an open house, JSON-like parameters and a progress callback, and returns JSON-like data; so it
runs the same in a command at rest and in the owner process on behalf of another command.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Table

from shared.clock import today
from shared.database import Database
from shared.errors import Invalid, NotFound
from shared.files.importing import Kind, import_rows
from shared.files.reading import read_file
from shared.messaging import dead_letters, outbox, rebuild
from shared.service.house import House, Progress
from shared.service.institutions import say_kinds
from shared.service.service import Context
from shared.web import keys
from shared.web.keys import LOCAL_PUBLISHER

LOW_DISK_BYTES = 200 * 1024 * 1024

HouseOperation: TypeAlias = Callable[[House, Mapping[str, Any], Progress], Any]


def perform(house: House, name: str, parameters: Mapping[str, Any], progress: Progress) -> Any:
    """Carry out a verb of the house or of one of its services.

    Raises `NotFound` for an unknown verb, and whatever the verb raises.
    """
    if name in OPERATIONS:
        return OPERATIONS[name](house, parameters, progress)
    found = house.operation(name)
    if found is None:
        raise NotFound(f"Không có lệnh “{name}”.")
    operation, context = found
    return operation(context, parameters)


def import_file(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Import a spreadsheet of one kind; the answer of INTERFACES, "Files".

    Parameters: kind, path (absolute), organisation (or None), dry_run, all_or_nothing.
    """
    targets = _targets(house, parameters["kind"])
    layout = targets[0][0].layout
    parsed = read_file(layout, Path(parameters["path"]), today=today(house.clock))
    organisation = parameters.get("organisation")
    report = import_rows(
        targets,
        parsed,
        publisher=organisation or LOCAL_PUBLISHER,
        organisation=organisation,
        clock=house.clock,
        dry_run=bool(parameters.get("dry_run")),
        all_or_nothing=bool(parameters.get("all_or_nothing")),
        progress=progress,
    )
    rows = {row.number: row for row in parsed.rows}
    report.faults = say_kinds(report.faults, rows, _registers(house))
    return report.to_json()


def withdraw(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Take one row back. Parameters: kind, key, reason, organisation. Raises `NotFound`."""
    publisher = parameters.get("organisation") or LOCAL_PUBLISHER
    key = parameters["key"]
    if not str(parameters["reason"]).strip():
        raise Invalid("Cần ghi lý do rút dòng (--reason).")
    withdrawn = False
    for kind, database in _targets(house, parameters["kind"]):
        with database.write() as session:
            if kind.withdraw(session, house.clock, publisher, key, parameters["reason"]):
                withdrawn = True
    if not withdrawn:
        raise NotFound(
            f"Không có dòng nào của {parameters['kind']} với khóa “{key}” do “{publisher}” công bố "
            "(hoặc đã rút trước đó); kiểm tra lại khóa và --organisation."
        )
    return {"withdrawn": 1}


def settle(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Wait until every event is through every service. Parameter: timeout_s. Raises `NotSettled`."""
    house.settle(timeout_s=parameters.get("timeout_s"), progress=progress)
    return {"dead_letters": sum(len(dead_letters.list_all(c.database)) for c in _hearing(house))}


def verify(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Recompute every projection from the log and compare; `ok` is false where something differs."""
    house.settle(timeout_s=parameters.get("timeout_s"))
    answers = []
    contexts = [context for context in _hearing(house) if context.service.projections]
    for done, context in enumerate(contexts):
        progress(done, len(contexts))
        found = rebuild.verify(_projection(house, context))
        answers.append({"service": context.service.name, **found.to_json()})
    progress(len(contexts), len(contexts))
    return {"ok": all(answer["ok"] for answer in answers), "services": answers}


def replay(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Throw a service's projections away and build them again from the log; publishes nothing.

    Parameter: service. Raises `NotFound` for a service without projections.
    """
    context = house.service(parameters["service"])
    if not context.service.projections:
        raise NotFound(f"Dịch vụ “{context.service.name}” không dựng bảng nào từ sự kiện.")
    found = rebuild.replay(_projection(house, context), progress=progress)
    return {"service": context.service.name, **found.to_json()}


def list_or_replay_dead_letters(
    house: House, parameters: Mapping[str, Any], progress: Progress
) -> dict[str, Any]:
    """List dead letters, or give one (and what waits behind it) to its handler again.

    Parameter: replay (an id "<service>-<number>", or None). Raises `NotFound`.
    """
    wanted = parameters.get("replay")
    if wanted is not None:
        name, _, number = str(wanted).rpartition("-")
        if name not in house.contexts or not number.isdecimal():
            raise NotFound(f"Không có thư chết “{wanted}”; xem danh sách bằng noinghe dead-letters.")
        context = house.service(name)
        worker = dead_letters.replay_one(
            context.database, int(number), context.service.handlers, clock=house.clock
        )
        return {"replayed": worker}
    return {
        "dead_letters": [
            {"id": f"{context.service.name}-{letter['id']}", "service": context.service.name, **_rest(letter)}
            for context in _hearing(house)
            for letter in dead_letters.list_all(context.database)
        ]
    }


def create_key(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Make a key of a machine publisher; its secret is shown this once.

    Parameters: organisation, scopes ("<service>.<action>"). The key is stored, hashed, in every service, so
    that one without the scope answers "not allowed", not "unknown". Raises `Invalid` for an unknown scope.
    """
    _check_scopes(house, parameters["scopes"])
    issued = keys.issue(parameters["organisation"], parameters["scopes"], clock=house.clock)
    for context in house.contexts.values():
        with context.database.write() as session:
            keys.store(session, issued)
    return {
        "id": issued.id,
        "key": issued.secret_text,
        "organisation": issued.organisation,
        "scopes": list(issued.scopes),
    }


def list_keys(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """All keys by id, without secrets."""
    found: dict[str, dict[str, Any]] = {}
    for context in house.contexts.values():
        with context.database.read() as session:
            for key in keys.list_keys(session):
                found[key["id"]] = key
    return {"keys": [found[key_id] for key_id in sorted(found)]}


def revoke_key(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Revoke a key in every service, at once. Parameter: id. Raises `NotFound`."""
    revoked = 0
    for context in house.contexts.values():
        with context.database.write() as session:
            revoked += keys.revoke(session, parameters["id"], clock=house.clock)
    if not revoked:
        raise NotFound(f"Không có khóa “{parameters['id']}” còn hiệu lực; xem noinghe key list.")
    return {"revoked": parameters["id"]}


def doctor(house: House, parameters: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """What an operator would look at first: each check with its finding and whether it is well."""
    checks: list[dict[str, Any]] = []

    def found(name: str, ok: bool, detail: str) -> None:
        checks.append({"name": name, "ok": ok, "detail": detail})

    for name, context in house.contexts.items():
        waiting = outbox.depth(context.database)
        found(f"{name}: cơ sở dữ liệu", True, context.database.where)
        found(f"{name}: hàng chờ gửi", waiting == 0 or house.is_running, f"{waiting} sự kiện")
        if context.service.consumes:
            letters = len(dead_letters.list_all(context.database))
            found(f"{name}: thư chết", letters == 0, f"{letters} sự kiện")
    found("sự kiện chưa xử lý", True, str(house.backlog()))
    if house.settings.data_dir.exists():
        free = shutil.disk_usage(house.settings.data_dir).free
        found("đĩa còn trống", free > LOW_DISK_BYTES, f"{free // 1024**2} MiB")
    return {"ok": all(check["ok"] for check in checks), "checks": checks}


def _targets(house: House, kind_name: str) -> list[tuple[Kind, Database]]:
    targets = [
        (kind, context.database)
        for context in house.contexts.values()
        for kind in context.service.kinds
        if kind.layout.kind == kind_name
    ]
    if not targets:
        raise NotFound(f"Không có loại tệp “{kind_name}”.")
    return targets


def _registers(house: House) -> list[tuple[Database, Table]]:
    """The registers of institutions that the services of the house keep."""
    return [
        (context.database, context.service.register)
        for context in house.contexts.values()
        if context.service.register is not None
    ]


def _hearing(house: House) -> list[Context]:
    return [context for context in house.contexts.values() if context.service.consumes]


def _projection(house: House, context: Context) -> rebuild.Projection:
    service = context.service
    return rebuild.Projection(
        service=service.name,
        database=context.database,
        log=house.log(service.name),
        migrations=service.migrations,
        topics=service.replays,
        handlers=service.replay_handlers,
        tables=service.projections,
        clock=context.clock,
    )


def _check_scopes(house: House, scopes: list[str]) -> None:
    known = keys.scopes_of(house.contexts)
    for scope in scopes:
        if scope not in known:
            raise Invalid(f"Phạm vi “{scope}” không có; chọn trong: {', '.join(known)}.")


def _rest(letter: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in letter.items() if name != "id"}


OPERATIONS: dict[str, HouseOperation] = {
    "import": import_file,
    "withdraw": withdraw,
    "settle": settle,
    "verify": verify,
    "replay": replay,
    "dead_letters": list_or_replay_dead_letters,
    "key.create": create_key,
    "key.list": list_keys,
    "key.revoke": revoke_key,
    "doctor": doctor,
}
