"""JSON log lines: a constant event name plus fields from an allow-list, so that no name can be logged.

A field that is not on the list is dropped and its *name* reported, so that the mistake is seen without
its value. Errors are logged as their class and the frames they passed, never with their message: messages
of drivers and parsers quote what they choked on.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

ALLOWED_FIELDS: Final = frozenset(
    {
        # what structlog itself writes
        "event",
        "level",
        "timestamp",
        "dropped_fields",
        # where
        "service",
        "instance",
        "process_id",
        "address",
        # a request
        "request_id",
        "method",
        "path",
        "status",
        "duration_ms",
        "body_bytes",
        "key_prefix",
        # messaging
        "topic",
        "partition",
        "offset",
        "group",
        "event_id",
        "event_type",
        "sequence",
        "attempts",
        "batch_size",
        "delay_s",
        "depth",
        "age_s",
        "parked",
        # files
        "kind",
        "rows",
        "new",
        "changed",
        "same",
        "rejected",
        # errors
        "code",
        "error",
        "frames",
        # counts and states of operations
        "count",
        "state",
        "revision",
        "tables",
    }
)
"""Every field that may stand in a log line: identifiers, counts and stable words; never a person."""

_ROOT: Final = str(Path(__file__).resolve().parents[2])


def configure_logging(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send all log lines of this process to `stream` (standard error) as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            only_allowed_fields,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(stream or sys.stderr),  # standard error as it is then
        cache_logger_on_first_use=False,
    )


def only_allowed_fields(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Structlog processor: keep listed fields of plain types, name what was dropped."""
    dropped = sorted(
        name for name, value in fields.items() if name not in ALLOWED_FIELDS or not _is_plain(value)
    )
    for name in dropped:
        del fields[name]
    if dropped:
        fields["dropped_fields"] = dropped
    return fields


def frames_of(error: BaseException) -> list[str]:
    """Where an error passed, outermost first: `shared/web/keys.py:41 create_key`; no values, no message."""
    return [
        f"{frame.filename.removeprefix(_ROOT).lstrip('/')}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool)
