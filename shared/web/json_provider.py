"""JSON of requests and answers: strict in, ISO dates and unescaped Vietnamese out."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """Flask's JSON through orjson: days and instants as ISO text, no NaN, no infinities."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """JSON text of plain data, dates, enumerations and dataclasses."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """What a JSON text says; raises `ValueError` for anything else."""
        return orjson.loads(s)
