"""`noinghe review list` and `decide`, also as `noinghe link review …`: what a person must look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from services.linkage.cli.wording import REASONS_VI
from shared.service.terminal import Session, data_option, json_option, table

_REVIEWER_HELP = "Mã người xem xét (mặc định: local)."


@click.group()
def review() -> None:
    """Hồ sơ mà máy không tự quyết được là của ai."""


@review.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option(
    "--second", is_flag=True, help="Hồ sơ chờ người xem xét thứ hai, không cho biết câu trả lời thứ nhất."
)
@click.option("--sample", is_flag=True, help="Các cặp lấy ngẫu nhiên để đo chất lượng.")
@click.option("--reviewer", metavar="CODE", help=_REVIEWER_HELP)
@data_option
@json_option
@click.pass_obj
def list_reviews(session: Session, limit: int, second: bool, sample: bool, reviewer: str | None) -> None:
    """Các hồ sơ cần người xem xét, kèm những hồ sơ có thể của cùng một người."""
    if sample:
        answer = session.call("linkage.samples", {"limit": limit, "reviewer": reviewer})
        session.print(answer, _print_samples)
        return
    asked = {"limit": limit, "second": second, "reviewer": reviewer}
    session.print(session.call("linkage.reviews", asked), _print_reviews)


@review.command()
@click.argument("record_ref")
@click.option("--same-as", metavar="RECORD_REF", help="Cùng một người với hồ sơ này.")
@click.option("--another-person", is_flag=True, help="Là người khác.")
@click.option("--take-back", is_flag=True, help="Rút lại quyết định trước.")
@click.option("--reason", metavar="TEXT", help="Vì sao.")
@click.option("--second", is_flag=True, help="Trả lời độc lập lần thứ hai; chỉ để đo, không quyết định gì.")
@click.option("--reviewer", metavar="CODE", help=_REVIEWER_HELP)
@data_option
@json_option
@click.pass_obj
def decide(session: Session, /, record_ref: str, **asked: Any) -> None:
    """Quyết định một hồ sơ là của ai; quyết định thắng máy cho đến khi rút lại."""
    answer = session.call("linkage.decide", {"record_ref": record_ref, **asked})
    session.print(answer, lambda _: click.echo("Đã ghi."))


@review.command()
@click.argument("record_ref")
@click.argument("other_ref")
@click.option("--same/--not-same", "is_same", required=True, default=None, help="Cùng một người, hay không.")
@click.option("--reviewer", metavar="CODE", help=_REVIEWER_HELP)
@data_option
@json_option
@click.pass_obj
def answer(session: Session, record_ref: str, other_ref: str, is_same: bool, reviewer: str | None) -> None:
    """Trả lời một cặp hồ sơ lấy ngẫu nhiên; chỉ để đo chất lượng."""
    asked = {"record_ref": record_ref, "other_ref": other_ref, "is_same": is_same, "reviewer": reviewer}
    session.print(session.call("linkage.answer", asked), lambda _: click.echo("Đã ghi."))


def _print_reviews(found: Mapping[str, Any]) -> None:
    if not found["items"]:
        click.echo("Không có hồ sơ nào cần xem xét.")
        return
    rows = []
    for item in found["items"]:
        rows.append((*_cells(item), "", REASONS_VI.get(item["reason"], item["reason"])))
        rows.extend(
            (*_cells(candidate, "  ↳ "), f"{candidate['probability']:.3f}", "")
            for candidate in item["candidates"]
        )
    columns = ("Mã hồ sơ", "Loại", "Họ tên", "Ngày sinh", "Số định danh", "Xác suất", "Lý do")
    table("Hồ sơ cần xem xét", columns, rows)


def _print_samples(found: Mapping[str, Any]) -> None:
    if not found["items"]:
        click.echo("Không còn cặp nào trong mẫu; lấy mẫu bằng noinghe link quality --draw N.")
        return
    rows = [
        _cells(record, "" if place == 0 else "  ↳ ")
        for item in found["items"]
        for place, record in enumerate(item["records"])
    ]
    table("Mẫu đo chất lượng", ("Mã hồ sơ", "Loại", "Họ tên", "Ngày sinh", "Số định danh"), rows)


def _cells(record: Mapping[str, Any], mark: str = "") -> tuple[str, ...]:
    identity = record["identity"]
    names = (identity.get("full_name", ""), identity.get("dob", ""))
    return (mark + record["record_ref"], record["record_kind"], *names, "có" if record["has_number"] else "")
