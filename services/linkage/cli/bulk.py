"""`noinghe link bulk …`: everything linked at once by Splink, as a proposal to accept or reject."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared.service.terminal import Session, data_option, json_option, table

KINDS_VI = {
    "new": "nối thêm hồ sơ chưa thuộc về ai",
    "merge": "gộp hai người",
    "split": "tách người",
    "unlink": "gỡ hồ sơ",
}
STATES_VI = {
    "open": "chờ quyết định",
    "accepted": "đã chấp nhận",
    "rejected": "đã bỏ",
    "undone": "đã hoàn tác",
}


@click.group()
def bulk() -> None:
    """Nối toàn bộ kho bằng Splink; chưa đổi gì cho đến khi được chấp nhận."""


@bulk.command()
@click.option("--out", type=click.Path(path_type=Path), metavar="PROPOSAL.csv", help="Ghi đề xuất ra tệp.")
@data_option
@json_option
@click.pass_obj
def propose(session: Session, out: Path | None) -> None:
    """Tính lại mọi liên kết và đề xuất thay đổi."""
    proposed(session, out)


def proposed(session: Session, out: Path | None) -> None:
    """Make a proposal and print it."""
    asked = {"out": str(out.absolute()) if out else None}
    session.print(session.call("linkage.bulk.propose", asked, doing="Nối toàn bộ"), _print)


def _verb(name: str, help_vi: str) -> click.Command:
    """A verb about one proposal."""

    @click.command(name=name, help=help_vi)
    @click.argument("proposal_id", metavar="[ID]", required=False)
    @data_option
    @json_option
    @click.pass_obj
    def verb(session: Session, proposal_id: str | None) -> None:
        session.print(session.call(f"linkage.bulk.{name}", {"id": proposal_id}, doing=None), _print)

    return verb


for _name, _help in (
    ("show", "Xem một đề xuất (không ghi ID: đề xuất cuối)."),
    ("accept", "Chấp nhận: các liên kết đổi theo đề xuất."),
    ("reject", "Bỏ đề xuất."),
    ("undo", "Hoàn tác một đề xuất đã chấp nhận."),
):
    bulk.add_command(_verb(_name, _help))


def _print(answer: Mapping[str, Any]) -> None:
    counts = ", ".join(f"{KINDS_VI[kind]}: {count}" for kind, count in answer["counts"].items())
    state = STATES_VI.get(answer["state"], answer["state"])
    click.echo(f"Đề xuất {answer['id']} ({state}), {answer['records']} hồ sơ. {counts}.")
    if answer["changes"]:
        rows = [
            (one["change"], KINDS_VI[one["kind"]], " ".join(one["records"]), " ".join(one["others"][:3]))
            for one in answer["changes"]
        ]
        table("Thay đổi", ("Số", "Loại", "Hồ sơ", "So với"), rows)
        more = sum(answer["counts"].values()) - len(answer["changes"])
        if more > 0:
            click.echo(f"… và {more} thay đổi nữa; ghi ra tệp bằng --out khi đề xuất.")


VERBS: tuple[click.Command, ...] = (bulk,)
"""The verbs of this module, for the group `link`."""
