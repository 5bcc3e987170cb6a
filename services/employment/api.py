"""The machine interface of employment: one blueprint per kind, on the same parse and save that files use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.employment.imports import KIND_SOURCES, KINDS
from services.employment.queries import KIND_WORDS
from shared.service.reading import pages_of, rows_of
from shared.web.resources import kind_blueprint

if TYPE_CHECKING:
    from flask import Blueprint

    from shared.web.hosting import HostedContext


def blueprints(context: HostedContext) -> Sequence[Blueprint]:
    """The routes of all kinds for an open service."""
    return [
        kind_blueprint(
            kind,
            context,
            service="employment",
            read_page=pages_of(KIND_SOURCES[kind.layout.kind], KIND_WORDS[kind.layout.kind]),
            read_one=rows_of(KIND_SOURCES[kind.layout.kind], KIND_WORDS[kind.layout.kind]),
        )
        for kind in KINDS
    ]
