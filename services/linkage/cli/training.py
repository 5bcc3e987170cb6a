"""`noinghe link train`, `noinghe link model …`: the model learnt anew, live only by a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from shared.service.terminal import Session, data_option, json_option, table

STATES_VI = {
    "proposed": "chờ quyết định",
    "live": "đang dùng",
    "past": "đã dùng",
    "rejected": "đã bỏ",
}

_MINUTE = len("2026-11-22T10:00")


@click.command()
@data_option
@json_option
@click.pass_obj
def train(session: Session) -> None:
    """Học lại mô hình từ các hồ sơ trong kho; chưa đổi gì cho đến khi được chấp nhận."""
    session.print(session.call("linkage.train", {}, doing="Huấn luyện"), _print_trained)


@click.group()
def model() -> None:
    """Các phiên bản mô hình; quay lại là chấp nhận phiên bản trước."""


@model.command(name="list")
@data_option
@json_option
@click.pass_obj
def list_versions(session: Session) -> None:
    """Liệt kê các phiên bản; bản đầu tiên đi kèm phần mềm."""
    session.print(session.call("linkage.model.list", {}), _print_versions)


@model.command()
@click.argument("version", metavar="VERSION")
@click.option("--reason", metavar="TEXT", help="Vì sao; được lưu cùng phiên bản.")
@data_option
@json_option
@click.pass_obj
def accept(session: Session, version: str, reason: str | None) -> None:
    """Dùng phiên bản này: tính lại và quyết định lại mọi hồ sơ; việc của người vẫn giữ."""
    asked = {"version": version, "reason": reason}
    answer = session.call("linkage.model.accept", asked, doing="Tính lại")
    session.print(answer, lambda a: click.echo(f"Đang dùng mô hình {a['version']}; {a['events']} thay đổi."))


@model.command()
@click.argument("version", metavar="VERSION")
@data_option
@json_option
@click.pass_obj
def reject(session: Session, version: str) -> None:
    """Bỏ một phiên bản đang chờ quyết định."""
    answer = session.call("linkage.model.reject", {"version": version})
    session.print(answer, lambda a: click.echo(f"Đã bỏ mô hình {a['version']}."))


def _print_trained(answer: Mapping[str, Any]) -> None:
    rows = [
        (
            level["comparison"],
            level["label"],
            _pair(level["live_m"], level["m"]),
            _pair(level["live_u"], level["u"]),
            f"{level['live_bits']:.1f} → {level['bits']:.1f}",
        )
        for level in answer["levels"]
        if not level["fixed"]
    ]
    table("Mô hình đang dùng → mô hình mới", ("Phép so", "Mức", "m", "u", "Bit"), rows)
    for session in answer["sessions"]:
        if session["failed"]:
            click.echo(f"{session['rule']}: {session['failed']}")
    click.echo(
        f"Mô hình {answer['version']} học từ {answer['records']} hồ sơ, khoảng "
        f"{answer['expected_matches']:.0f} cặp của cùng một người; chưa được dùng. Mã băm {answer['hash']}."
    )
    click.echo(f"Dùng: noinghe link model accept {answer['version']}")


def _print_versions(answer: Mapping[str, Any]) -> None:
    rows = [
        (
            one["version"],
            STATES_VI.get(one["state"], one["state"]),
            one["records"],
            (one["adopted_at"] or "")[:_MINUTE].replace("T", " "),
            one["adopted_by"],
            one["hash"][:12] if one["hash"] else "",
        )
        for one in answer["items"]
    ]
    columns = ("Phiên bản", "Trạng thái", "Hồ sơ", "Dùng từ (UTC)", "Ai", "Mã băm")
    table("Mô hình", columns, rows)


def _pair(before: float, after: float) -> str:
    return f"{before:.3g} → {after:.3g}"


VERBS: tuple[click.Command, ...] = (train, model)
"""The verbs of this module, for the group `link`."""
