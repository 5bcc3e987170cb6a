"""Keyset pages: stable under inserts, linked with RFC 8288 `Link: <…>; rel="next"`.

A cursor is the last key of a page in base64url; opaque to clients, and harmless when forged, because it
only says where to go on in rows that the caller may read anyway.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

import marshmallow as ma

from shared.web.problem import Problem, ProblemError

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000

T = TypeVar("T")


class PageQuerySchema(ma.Schema):
    """Query parameters of every list."""

    limit = ma.fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=ma.validate.Range(1, MAX_LIMIT),
        metadata={"description": "Số dòng tối đa trong một trang."},
    )
    after = ma.fields.String(
        load_default=None, metadata={"description": "Con trỏ lấy từ tiêu đề Link của trang trước."}
    )


def read_cursor(text: str | None) -> str | None:
    """The key behind a cursor; raises the 400 problem for one that we did not make."""
    if text is None:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as fault:
        wrong = ProblemError("?after", "bad_cursor", "Con trỏ không đọc được; hãy bắt đầu từ trang đầu.")
        raise Problem(400, wrong.detail, code="bad_cursor", errors=[wrong]) from fault


def write_cursor(key: str) -> str:
    """The cursor that stands for going on after `key`."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def cut_page(rows: Sequence[tuple[str, T]], limit: int) -> tuple[list[T], str | None]:
    """From up to `limit + 1` rows (key, item): the page's items and the key to go on after, or None."""
    kept = list(rows[:limit])
    following = kept[-1][0] if len(rows) > limit else None
    return [item for _, item in kept], following


def link_header(path: str, *, after: str | None, limit: int) -> dict[str, str]:
    """The `Link` header of a page; empty on the last one."""
    if after is None:
        return {}
    query = urlencode({"limit": limit, "after": write_cursor(after)})
    return {"Link": f'<{path}?{query}>; rel="next"'}
