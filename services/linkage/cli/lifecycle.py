"""`noinghe link unlink`, `merge`, `split`, `undo`, `history`, `recompute`, `quality`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from services.linkage.cli.wording import CAUSES_VI, DIMENSIONS_VI, UNLINKED_VI
from shared.service.terminal import Session, data_option, json_option, table

_REASON_HELP = "Vì sao; được lưu cùng việc này."


@click.command()
@click.argument("record_ref")
@click.option("--reason", required=True, metavar="TEXT", help=_REASON_HELP)
@data_option
@json_option
@click.pass_obj
def unlink(session: Session, record_ref: str, reason: str) -> None:
    """Gỡ một hồ sơ khỏi người của nó; hồ sơ đứng riêng cho đến khi hoàn tác."""
    answer = session.call("linkage.unlink", {"record_ref": record_ref, "reason": reason})
    session.print(answer, lambda found: _print_done("Đã gỡ", found))


@click.command()
@click.argument("person_ids", nargs=2, metavar="PERSON_ID PERSON_ID")
@click.option("--reason", required=True, metavar="TEXT", help=_REASON_HELP)
@data_option
@json_option
@click.pass_obj
def merge(session: Session, person_ids: tuple[str, str], reason: str) -> None:
    """Gộp hai người thành một."""
    answer = session.call("linkage.merge", {"person_ids": list(person_ids), "reason": reason})
    session.print(answer, lambda found: _print_done("Đã gộp", found))


@click.command()
@click.argument("person_id")
@click.option("--records", "first", required=True, metavar="REF...", help="Các hồ sơ của người được tách ra.")
@click.argument("more", nargs=-1, metavar="")
@click.option("--reason", required=True, metavar="TEXT", help=_REASON_HELP)
@data_option
@json_option
@click.pass_obj
def split(session: Session, person_id: str, first: str, more: tuple[str, ...], reason: str) -> None:
    """Tách một số hồ sơ của một người thành người khác: PERSON_ID --records REF REF …"""
    records = [part for text in (first, *more) for part in text.replace(",", " ").split()]
    asked = {"person_id": person_id, "records": records, "reason": reason}
    session.print(session.call("linkage.split", asked), lambda found: _print_done("Đã tách", found))


@click.command()
@click.argument("word_id", default="last", metavar="[WORD_ID | last]")
@click.option("--reason", metavar="TEXT", help=_REASON_HELP)
@data_option
@json_option
@click.pass_obj
def undo(session: Session, word_id: str, reason: str | None) -> None:
    """Hoàn tác một việc gộp, tách, gỡ hoặc quyết định; mặc định là việc mới nhất."""
    answer = session.call("linkage.undo", {"word_id": word_id, "reason": reason})
    session.print(answer, lambda found: _print_done("Đã hoàn tác", found))


@click.command()
@click.argument("subject", metavar="PERSON_ID|RECORD_REF")
@data_option
@json_option
@click.pass_obj
def history(session: Session, subject: str) -> None:
    """Những gì đã nói về một người hoặc một hồ sơ: khi nào, vì sao, do ai."""
    session.print(session.call("linkage.history", {"subject": subject}), _print_history)


@click.command()
@click.option(
    "--draw", type=click.IntRange(1, 1000), metavar="N", help="Lấy thêm N hồ sơ mỗi nhóm để xem xét."
)
@data_option
@json_option
@click.pass_obj
def quality(session: Session, draw: int | None) -> None:
    """Độ đúng và độ đủ của việc nối, từ các mẫu đã có người xem xét."""
    session.print(session.call("linkage.quality", {"draw": draw}), _print_quality)


@click.command()
@data_option
@json_option
@click.pass_obj
def recompute(session: Session) -> None:
    """Tính lại mọi phép so và quyết định lại mọi hồ sơ theo mô hình đang dùng; việc của người vẫn giữ."""
    answer = session.call("linkage.recompute", {}, doing="Tính lại")
    session.print(answer, lambda found: click.echo(f"Đã tính lại; {found['events']} thay đổi."))


def _print_done(what: str, answer: Mapping[str, Any]) -> None:
    click.echo(f"{what}. Mã việc: {answer['word_id']} (hoàn tác: noinghe link undo {answer['word_id']})")
    for ref, person_id in answer["records"].items():
        click.echo(f"  {ref}: {person_id or 'chưa nối với ai'}")


def _print_history(answer: Mapping[str, Any]) -> None:
    rows = [
        (
            said["said_at"] or "",
            said["record_ref"],
            said["person_id"] or UNLINKED_VI.get(said["unlinked_reason"], said["unlinked_reason"]),
            CAUSES_VI.get(said["cause"], said["cause"]),
            said["word_id"],
            "còn hiệu lực" if said["holds"] else "",
        )
        for said in answer["said"]
    ]
    table("Đã nói", ("Lúc", "Hồ sơ", "Người", "Do", "Mã việc", ""), rows)
    words = [
        (
            word["decided_at"],
            word["word_id"],
            CAUSES_VI.get(word["verb"], word["verb"]),
            " ".join(word["records"]) + (" | " + " ".join(word["others"]) if word["others"] else ""),
            word["decided_by"],
            word["reason"],
            "đã hoàn tác" if word["taken_back"] else "",
        )
        for word in answer["words"]
    ]
    if words:
        table("Việc của người xem xét", ("Lúc", "Mã việc", "Việc", "Hồ sơ", "Ai", "Vì sao", ""), words)


def _print_quality(answer: Mapping[str, Any]) -> None:
    if answer["drawn"]:
        click.echo(f"Đã lấy {answer['drawn']} cặp; xem bằng noinghe link review list --sample.")
    rows = [
        (
            DIMENSIONS_VI.get(group["dimension"], group["dimension"]),
            "" if group["dimension"] == "all" else group["key"],
            group["records"],
            group["unlinked_share"],
            group["looked_at"],
            _interval(group["precision"]),
            _interval(group["recall"]),
            _interval(group["belonging"]),
        )
        for group in answer["groups"]
    ]
    columns = ("Theo", "", "Hồ sơ", "Chưa nối", "Đã xem", "Độ đúng", "Độ đủ", "Thuộc người đã biết")
    table("Chất lượng nối hồ sơ", columns, rows)
    second = answer["second_reviews"]
    click.echo(
        f"Xem xét hai lần: {second['records']} hồ sơ, {second['disagree']} hồ sơ hai người trả lời khác nhau."
    )
    click.echo(f"Đang nối từ xác suất {answer['link_from']:.4f}; đổi bằng NOINGHE_LINK_PRECISION.")


def _interval(found: Mapping[str, Any]) -> str:
    estimate = "?" if found["estimate"] is None else f"{found['estimate']:.3f}"
    return f"{estimate} ({found['low']:.3f}–{found['high']:.3f})"


VERBS: tuple[click.Command, ...] = (unlink, merge, split, undo, history, recompute, quality)
"""The verbs of this module, for the group `link`."""
