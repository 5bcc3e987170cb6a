"""Builders: one row as JSON item through a layout, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.files.layout import Layout, Parsed, Row, parse, table_of_items
from shared.files.layouts import ENROLMENTS

TODAY = date(2026, 11, 22)

ENROLMENT = {
    "enrolment_id": "E1",
    "person_id": "000211000001",
    "programme_kind": "TC",
    "institution_code": "LC-CD-1",
    "trade_code": "5620120",
    "admitted_on": "2026-09-10",
}
"""A faultless enrolment of a boy born in 2011."""


def enrolment(**cells: Any) -> dict[str, Any]:
    """A faultless enrolment, but for these cells."""
    return {**ENROLMENT, **cells}


def parsed(*items: dict[str, Any], layout: Layout = ENROLMENTS) -> Parsed:
    """The items as a parsed file."""
    return parse(layout, table_of_items(items, layout), today=TODAY)


def one(item: dict[str, Any], *, layout: Layout = ENROLMENTS) -> Row:
    """The only row, which must be good."""
    found = parsed(item, layout=layout)
    assert not found.faults, found.faults
    (row,) = found.rows
    return row


def faults(item: dict[str, Any], *, layout: Layout = ENROLMENTS) -> list[tuple[str | None, str]]:
    """(column, code) of what refused the item."""
    return [(fault.column, fault.code) for fault in parsed(item, layout=layout).faults]


def warnings(item: dict[str, Any], *, layout: Layout = ENROLMENTS) -> list[tuple[str | None, str]]:
    """(column, code) of what was said about an item that is stored all the same."""
    found = parsed(item, layout=layout)
    assert not found.faults, found.faults
    return [(warning.column, warning.code) for warning in found.warnings]
