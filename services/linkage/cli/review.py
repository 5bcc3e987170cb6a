"""Verbs of the command line for reviewers: `noinghe review list` and `noinghe review decide`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from shared.service.terminal import Session, data_option, json_option, table

REASONS_VI = {
    "number_contradicts": "số định danh trùng, họ tên và ngày sinh khác",
    "several": "nhiều người trùng",
    "place_differs": "trùng họ tên, ngày sinh; khác nơi ở",
    "part_missing": "thiếu một phần để chắc chắn",
}


@click.group()
def review() -> None:
    """Hồ sơ mà máy không tự quyết được là của ai."""


@review.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@data_option
@json_option
@click.pass_obj
def list_reviews(session: Session, limit: int) -> None:
    """Các hồ sơ cần người xem xét, kèm những hồ sơ có thể của cùng một người."""
    session.print(session.call("linkage.reviews", {"limit": limit}), _print_reviews)


@review.command()
@click.argument("record_ref")
@click.option("--same-as", metavar="RECORD_REF", help="Cùng một người với hồ sơ này.")
@click.option("--another-person", is_flag=True, help="Là người khác.")
@click.option("--take-back", is_flag=True, help="Rút lại quyết định trước.")
@data_option
@json_option
@click.pass_obj
def decide(
    session: Session, record_ref: str, same_as: str | None, another_person: bool, take_back: bool
) -> None:
    """Quyết định một hồ sơ là của ai; quyết định thắng quy tắc."""
    asked = {
        "record_ref": record_ref,
        "same_as": same_as,
        "another_person": another_person,
        "take_back": take_back,
    }
    session.print(session.call("linkage.decide", asked), lambda _: click.echo("Đã ghi."))


def _print_reviews(answer: Mapping[str, Any]) -> None:
    if not answer["items"]:
        click.echo("Không có hồ sơ nào cần xem xét.")
        return
    rows = []
    for item in answer["items"]:
        rows.append((*_cells(item), REASONS_VI.get(item["reason"], item["reason"])))
        rows.extend((*_cells(candidate, "  ↳ "), "") for candidate in item["candidates"])
    table("Hồ sơ cần xem xét", ("Mã hồ sơ", "Loại", "Họ tên", "Ngày sinh", "Số định danh", "Lý do"), rows)


def _cells(record: Mapping[str, Any], mark: str = "") -> tuple[str, ...]:
    identity = record["identity"]
    fields = ("full_name", "dob", "personal_number")
    return (mark + record["record_ref"], record["record_kind"], *(identity.get(name, "") for name in fields))
