"""A small real service for the web tests: one kind, `trades`, on a real database, and a few odd routes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask_smorest
import sqlalchemy as sa
from flask import Blueprint, current_app
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database import Database
from shared.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.files.columns import Column
from shared.files.findings import fault_at
from shared.files.importing import Kind, Outcome
from shared.files.layout import Layout, Row
from shared.settings import Settings
from shared.web.hosting import HostedContext
from shared.web.idempotency import idempotent
from shared.web.keys import public, require
from shared.web.resources import kind_blueprint

TRADE = sa.table(
    "trade",
    sa.column("publisher", sa.String),
    sa.column("code", sa.String),
    sa.column("name", sa.Text),
    sa.column("withdrawn", sa.Boolean),
)

LAYOUT = Layout(
    kind="trades",
    title_vi="Nghề",
    columns=(Column("code", needed=True), Column("name", needed=True)),
    key=lambda values: str(values["code"]),
)


@dataclass(frozen=True)
class Gate:
    """Holds a request inside its view."""

    entered: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class SampleService:
    """The part of a Service that an application looks at."""

    name: str
    title_vi: str
    migrations: Path
    blueprints: Callable[[HostedContext], Sequence[Blueprint]]


@dataclass(frozen=True)
class SampleContext:
    """The part of a Context that an application looks at."""

    database: Database
    clock: Clock
    settings: Settings


def blueprints(context: HostedContext) -> list[Blueprint]:
    trades = kind_blueprint(KIND, context, service="sample", read_page=read_page, read_one=read_one)
    return [trades, _odd_routes()]


def _odd_routes() -> Blueprint:
    """One route per way to fail."""
    odd: Blueprint = flask_smorest.Blueprint("odd", __name__, url_prefix="/odd")
    errors: dict[str, Exception] = {
        "conflict": Conflict("Đã đóng."),
        "forbidden": Forbidden("Không được."),
        "missing": NotFound("Không có."),
        "away": Unavailable("Cơ sở dữ liệu không trả lời."),
        "unforeseen": RuntimeError("Nguyễn Thị Bí Mật 000123456789"),
    }

    @odd.route("/<name>", methods=["GET"])
    @public
    def fail(name: str) -> Mapping[str, Any]:
        """Fail as named."""
        raise errors[name]

    @odd.route("/review", methods=["POST"])
    @require("sample.review")
    def review() -> Mapping[str, Any]:
        """Needs another scope than the trades."""
        return {"reviewed": True}

    @odd.route("/slow", methods=["POST"])
    @require("sample.review")
    @idempotent
    def slow() -> Mapping[str, Any]:
        """Stays at work until the test opens the gate."""
        gate: Gate = current_app.extensions["gate"]
        gate.entered.set()
        gate.opened.wait(10)
        return {"done": True}

    return odd


def save(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    return [_save_one(session, publisher, row) for row in rows]


def _save_one(session: Session, publisher: str, row: Row) -> Outcome:
    if row.values["name"] == "cấm":
        fault = fault_at(row.number, "name", "cấm", "forbidden_name", "tên này không được dùng.")
        return Outcome(row.number, "rejected", [fault])
    at = (TRADE.c.publisher == publisher, TRADE.c.code == row.key)
    known = session.execute(sa.select(TRADE.c.name, TRADE.c.withdrawn).where(*at)).one_or_none()
    if known is None:
        session.execute(
            sa.insert(TRADE).values(
                publisher=publisher, code=row.key, name=row.values["name"], withdrawn=False
            )
        )
        return Outcome(row.number, "new")
    if known.name == row.values["name"] and not known.withdrawn:
        return Outcome(row.number, "same")
    session.execute(sa.update(TRADE).where(*at).values(name=row.values["name"], withdrawn=False))
    return Outcome(row.number, "changed")


def holds(session: Session, publisher: str, keys: Sequence[str]) -> set[str]:
    query = sa.select(TRADE.c.code).where(TRADE.c.publisher == publisher, TRADE.c.code.in_(keys))
    return set(session.scalars(query))


def withdraw(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
    found = session.execute(
        sa.select(TRADE.c.code).where(
            TRADE.c.publisher == publisher, TRADE.c.code == key, TRADE.c.withdrawn.is_(False)
        )
    ).one_or_none()
    session.execute(
        sa.update(TRADE).where(TRADE.c.publisher == publisher, TRADE.c.code == key).values(withdrawn=True)
    )
    return found is not None


def read_page(
    session: Session, publisher: str, after: str | None, limit: int
) -> list[tuple[str, dict[str, Any]]]:
    query = (
        sa.select(TRADE.c.code, TRADE.c.name)
        .where(TRADE.c.publisher == publisher, TRADE.c.withdrawn.is_(False), TRADE.c.code > (after or ""))
        .order_by(TRADE.c.code)
        .limit(limit)
    )
    return [(row.code, {"code": row.code, "name": row.name}) for row in session.execute(query)]


def read_one(session: Session, publisher: str, key: str) -> dict[str, Any] | None:
    row = session.execute(
        sa.select(TRADE.c.code, TRADE.c.name).where(
            TRADE.c.publisher == publisher, TRADE.c.code == key, TRADE.c.withdrawn.is_(False)
        )
    ).one_or_none()
    return {"code": row.code, "name": row.name} if row else None


KIND = Kind(layout=LAYOUT, accepts=lambda row: True, save=save, holds=holds, withdraw=withdraw)

SERVICE = SampleService("sample", "Mẫu", Path(__file__).parent / "migrations", blueprints)
