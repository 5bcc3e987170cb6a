"""API keys of machine publishers, and who may call which route.

A key is `prefix.secret`: the prefix finds the row, the secret (256 random bits) proves possession. Only
the SHA-256 of the secret is kept; a slow password hash would add nothing to 256 bits of entropy. Keys are
compared in constant time, and an unknown prefix costs as much as a wrong secret. An organisation may hold
any number of live keys, so that one can be rotated while the other works.

Every route of an application is either `@require(scope)` or `@public`; `application.create_app` refuses
to start with one that is neither. `require` marks the view and checks again inside, so that a view mounted
elsewhere is still closed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from flask import Request, current_app, g, request
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.errors import Invalid
from shared.web.problem import Problem
from shared.web.tables import API_KEYS

LOCAL_PUBLISHER: Final = "local"
"""Publisher of rows that came with a key (or from a command line) of no organisation."""

ACTIONS: Final = ("read", "write", "review")
"""What a scope may allow: `<service>.<action>`."""

_NAME: Final = re.compile(r"[a-z]+")
_TOKEN: Final = re.compile(r"(?P<prefix>[0-9a-f]{12})\.(?P<secret>[A-Za-z0-9_-]{43})")
_NOBODY: Final = hashlib.sha256(b"").hexdigest()

View = TypeVar("View", bound=Callable[..., Any])


class BadKey(Invalid):
    """A key cannot be made as asked."""

    code = "bad_key"


@dataclass(frozen=True, slots=True)
class Key:
    """A key as a request presents it: `id` is the prefix; without organisation it publishes as `local`."""

    id: str
    organisation: str | None
    scopes: frozenset[str]

    @property
    def publisher(self) -> str:
        """Under which name rows are kept that come with this key."""
        return self.organisation or LOCAL_PUBLISHER


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key at its birth, the only time that `secret_text` (`prefix.secret`) can be seen."""

    id: str
    secret_text: str = field(repr=False)
    organisation: str | None
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What a view asks of its caller: a scope, or nothing (`public`)."""

    scope: str | None


def scopes_of(services: Iterable[str]) -> list[str]:
    """Every scope that a key can have where these services are."""
    return [f"{service}.{action}" for service in services for action in ACTIONS]


def issue(organisation: str | None, scopes: Iterable[str], *, clock: Clock) -> IssuedKey:
    """Make a key; `store` it in every service. Raises `BadKey`."""
    wanted = tuple(sorted(set(scopes)))
    if not wanted:
        raise BadKey("Khóa phải có ít nhất một quyền, ví dụ school.write.")
    for scope in wanted:
        service, _, action = scope.partition(".")
        if not _NAME.fullmatch(service) or action not in ACTIONS:
            raise BadKey(f"Quyền “{scope}” viết sai; đúng là <dịch vụ>.<quyền>, ví dụ school.write.")
    prefix = secrets.token_hex(6)
    text = f"{prefix}.{secrets.token_urlsafe(32)}"
    return IssuedKey(prefix, text, organisation or None, wanted, clock.now())


def store(session: Session, issued: IssuedKey) -> None:
    """Keep a key, hashed, in this service's database."""
    _, _, secret = issued.secret_text.partition(".")
    session.execute(
        sa.insert(API_KEYS).values(
            prefix=issued.id,
            secret_hash=_hash(secret),
            organisation=issued.organisation,
            scopes=" ".join(issued.scopes),
            created_at=issued.created_at,
            revoked_at=None,
        )
    )


def create_key(session: Session, clock: Clock, *, organisation: str | None, scopes: Iterable[str]) -> str:
    """Issue a key for this service alone and store it; returns its text. Raises `BadKey`."""
    issued = issue(organisation, scopes, clock=clock)
    store(session, issued)
    return issued.secret_text


def list_keys(session: Session) -> list[dict[str, Any]]:
    """All keys of this service, oldest first, as JSON: id, organisation, scopes and instants; no hashes."""
    query = sa.select(
        API_KEYS.c.prefix,
        API_KEYS.c.organisation,
        API_KEYS.c.scopes,
        API_KEYS.c.created_at,
        API_KEYS.c.revoked_at,
    ).order_by(API_KEYS.c.created_at, API_KEYS.c.prefix)
    return [
        {
            "id": row.prefix,
            "organisation": row.organisation,
            "scopes": row.scopes.split(),
            "created_at": row.created_at.isoformat(),
            "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        }
        for row in session.execute(query)
    ]


def revoke(session: Session, key_id: str, *, clock: Clock) -> int:
    """Revoke a key at once; how many live keys that were (0: unknown, or revoked before)."""
    changed = session.execute(
        sa.update(API_KEYS)
        .where(API_KEYS.c.prefix == key_id, API_KEYS.c.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    return cast("sa.CursorResult[Any]", changed).rowcount


def verify_token(session: Session, token: str) -> Key | None:
    """The key of a token, or None when it is unknown, wrong or revoked."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    row = session.execute(
        sa.select(
            API_KEYS.c.secret_hash, API_KEYS.c.organisation, API_KEYS.c.scopes, API_KEYS.c.revoked_at
        ).where(API_KEYS.c.prefix == found["prefix"])
    ).one_or_none()
    is_equal = hmac.compare_digest(row.secret_hash if row else _NOBODY, _hash(found["secret"]))
    if row is None or not is_equal or row.revoked_at is not None:
        return None
    return Key(found["prefix"], row.organisation, frozenset(row.scopes.split()))


def require(scope: str) -> Callable[[View], View]:
    """Only callers whose key has `scope` reach the view; they find their `Key` in `caller()`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            authorise(scope)
            return view(*arguments, **named)

        documentation = {
            "security": [{"bearer": []}, {"apiKey": []}],
            "responses": {401: "UNAUTHORIZED", 403: "FORBIDDEN"},
            "x-required-scope": scope,
        }
        return cast("View", _marked(guarded, Access(scope), documentation=documentation))

    return decorate


def public(view: View) -> View:
    """Anybody reaches the view: it shows totals, documents or health, never a person or a breakdown."""

    @wraps(view)
    def opened(*arguments: Any, **named: Any) -> Any:
        return view(*arguments, **named)

    return cast("View", _marked(opened, Access(None), documentation={"security": []}))


def access_of(view: Callable[..., Any]) -> Access | None:
    """What `require` or `public` said of a view; None when neither did."""
    return getattr(view, "access", None)


def authorise(scope: str) -> Key:
    """The caller's key, verified once per request; raises the 401 or 403 problem."""
    key: Key | None = g.get("key")
    if key is None:
        key = _authenticate(request)
        g.key = key
    if scope not in key.scopes:
        raise Problem(403, f"Khóa này không có quyền {scope}.", code="scope_missing")
    return key


def caller() -> Key:
    """The key of this request; only inside views with `require`."""
    key: Key = g.key
    return key


def _authenticate(asked: Request) -> Key:
    token = _presented(asked)
    if token is None:
        raise _unauthorised("Gửi khóa truy cập trong tiêu đề Authorization: Bearer.", code="key_missing")
    with current_app.extensions["noinghe"].context.database.read() as session:
        key = verify_token(session, token)
    if key is None:
        raise _unauthorised("Khóa truy cập sai hoặc đã bị thu hồi.", code="key_wrong")
    return key


def _presented(asked: Request) -> str | None:
    scheme, _, rest = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    return asked.headers.get("X-Api-Key")


def _unauthorised(detail: str, *, code: str) -> Problem:
    return Problem(401, detail, code=code, headers={"WWW-Authenticate": 'Bearer realm="noinghe"'})


def _marked(view: Callable[..., Any], access: Access, *, documentation: dict[str, Any]) -> Any:
    """Attach the mark, and what flask-smorest prints about it, to a wrapper."""
    apidoc = deepcopy(getattr(view, "_apidoc", {}))
    manual: dict[str, Any] = apidoc.setdefault("manual_doc", {})
    responses = {**manual.get("responses", {}), **documentation.get("responses", {})}
    manual.update(documentation)
    if responses:
        manual["responses"] = responses
    view.access = access  # type: ignore[attr-defined]
    view._apidoc = apidoc  # type: ignore[attr-defined]
    return view


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
