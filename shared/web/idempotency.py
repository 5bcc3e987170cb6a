"""`Idempotency-Key` on POST: sending twice changes once and answers the same.

Per caller, route and key: the same body gets the stored answer, another body 422, a request still at work
409. An answer is kept for 24 hours. A refusal or an error stores nothing: the caller mends it and may use
the key again. A process that died at work leaves a claim that lapses after `CLAIM_S`; doing the work again
is harmless then, because rows are decided by their own keys (the second answer says "same").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from flask import Response, current_app, g, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.web.problem import Problem
from shared.web.tables import IDEMPOTENCY_RECORDS as RECORDS

KEPT: Final = timedelta(hours=24)
CLAIM_S: Final = 300
MAX_KEY_LENGTH: Final = 128
_KEPT_HEADERS: Final = ("Content-Type", "Location")

View = TypeVar("View", bound=Callable[..., Any])


def idempotent(view: View) -> View:
    """Honour `Idempotency-Key`, when the caller sends one, around a view that changes something.

    Stands between `require` (which knows the caller) and everything that reads the body.
    """

    @wraps(view)
    def once(*arguments: Any, **named: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*arguments, **named)
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise Problem(
                400,
                f"Idempotency-Key dài từ 1 đến {MAX_KEY_LENGTH} ký tự.",
                code="bad_idempotency_key",
            )
        return _once(key, lambda: view(*arguments, **named))

    apidoc = deepcopy(getattr(once, "_apidoc", {}))
    apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "description": "Cùng khóa và cùng nội dung thì nhận lại câu trả lời đã lưu (24 giờ).",
            "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
        }
    )
    once._apidoc = apidoc  # type: ignore[attr-defined]
    return once  # type: ignore[return-value]


def _once(key: str, work: Callable[[], Any]) -> Response:
    context = current_app.extensions["noinghe"].context
    place = (g.key.id, f"{request.method} {request.path}"[:200], key)
    body_hash = hashlib.sha256(request.full_path.encode() + b"\n" + request.get_data()).hexdigest()
    now = context.clock.now()
    with context.database.write() as session:
        stored = _claim(session, place, body_hash=body_hash, now=now)
    if stored is not None:
        return stored
    try:
        response = current_app.make_response(work())
    except BaseException:
        with context.database.write() as session:
            session.execute(sa.delete(RECORDS).where(*_at(place)))
        raise
    with context.database.write() as session:
        if response.status_code < 400:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            session.execute(
                sa.update(RECORDS)
                .where(*_at(place))
                .values(
                    status=response.status_code,
                    headers=json.dumps(headers),
                    body=response.get_data(as_text=True),
                )
            )
        else:
            session.execute(sa.delete(RECORDS).where(*_at(place)))
    return response


def _claim(
    session: Session, place: tuple[str, str, str], *, body_hash: str, now: datetime
) -> Response | None:
    """Claim the key for this request (None), or give the stored answer; raises the 409 or 422 problem."""
    session.execute(sa.delete(RECORDS).where(RECORDS.c.started_at < now - KEPT))
    session.execute(
        sa.delete(RECORDS).where(
            *_at(place),
            RECORDS.c.status.is_(None),
            RECORDS.c.started_at < now - timedelta(seconds=CLAIM_S),
        )
    )
    known = session.execute(
        sa.select(RECORDS.c.body_hash, RECORDS.c.status, RECORDS.c.headers, RECORDS.c.body).where(*_at(place))
    ).one_or_none()
    if known is None:
        caller, route, key = place
        try:
            with session.begin_nested():
                session.execute(
                    sa.insert(RECORDS).values(
                        caller=caller,
                        route=route,
                        idempotency_key=key,
                        body_hash=body_hash,
                        started_at=now,
                    )
                )
        except IntegrityError as race:
            raise _in_progress() from race
        return None
    if known.body_hash != body_hash:
        raise Problem(
            422,
            "Idempotency-Key này đã dùng cho một nội dung khác; hãy dùng khóa mới.",
            code="idempotency_key_reused",
        )
    if known.status is None:
        raise _in_progress()
    response = current_app.response_class(known.body, status=known.status)
    response.headers.update(json.loads(known.headers))
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _in_progress() -> Problem:
    return Problem(
        409,
        "Yêu cầu cùng Idempotency-Key đang được xử lý; hãy thử lại sau.",
        code="in_progress",
        headers={"Retry-After": "2"},
    )


def _at(place: tuple[str, str, str]) -> tuple[sa.ColumnElement[bool], ...]:
    caller, route, key = place
    return (RECORDS.c.caller == caller, RECORDS.c.route == route, RECORDS.c.idempotency_key == key)
