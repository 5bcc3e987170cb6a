"""A `Kind` for a source table: what every kind does the same, whatever it saves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.files.importing import Kind, Outcome
from shared.files.layout import Layout, Row
from shared.service.records import SourceTable, held_keys, withdraw_record


def every_row(row: Row) -> bool:
    """Accepts all rows of a kind that one service has for itself."""
    return True


def kind_of(
    layout: Layout,
    source: SourceTable,
    *,
    save: Callable[[Session, Clock, str, str | None, Sequence[Row]], list[Outcome]],
    accepts: Callable[[Row], bool] = every_row,
    withdraw: Callable[[Session, Clock, str, str, str], bool] | None = None,
) -> Kind:
    """The kind that is stored in `source`; `withdraw` where taking a row back has rules of its own."""

    def holds(session: Session, publisher: str, keys: Sequence[str]) -> set[str]:
        return held_keys(session, source, publisher=publisher, keys=keys)

    def withdraw_plainly(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
        withdrawn = withdraw_record(
            session, clock, source=source, publisher=publisher, key=key, reason=reason
        )
        return withdrawn is not None

    return Kind(layout=layout, accepts=accepts, save=save, holds=holds, withdraw=withdraw or withdraw_plainly)
