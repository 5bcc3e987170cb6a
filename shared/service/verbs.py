"""Verbs of the whole house on the command line: words in, one operation called, its answer rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from shared.service.terminal import DONE, REFUSED, Session, data_option, json_option, table


def import_command(kinds: Sequence[str]) -> click.Command:
    """The verb `import` over these kinds of file."""

    @click.command(name="import")
    @click.argument("kind", type=click.Choice(kinds), metavar="KIND")
    @click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
    @click.option("--organisation", metavar="CODE", help="Tổ chức công bố tệp.")
    @click.option("--dry-run", is_flag=True, help="Chỉ kiểm tra, không lưu.")
    @click.option("--all-or-nothing", is_flag=True, help="Một dòng bị từ chối thì không lưu dòng nào.")
    @data_option
    @json_option
    @click.pass_obj
    def import_(
        session: Session,
        kind: str,
        file: Path,
        organisation: str | None,
        dry_run: bool,
        all_or_nothing: bool,
    ) -> int:
        """Nhập một bảng tính (CSV, XLSX)."""
        report = session.call(
            "import",
            {
                "kind": kind,
                "path": str(file.absolute()),
                "organisation": organisation,
                "dry_run": dry_run,
                "all_or_nothing": all_or_nothing,
            },
            doing=f"Nhập {file.name}",
        )
        session.print(report, lambda answer: _print_report(answer, dry_run=dry_run))
        return REFUSED if report["rejected"] or report["faults"] else DONE

    import_.help = f"{import_.help} KIND: {', '.join(kinds)}."
    return import_


def _print_report(report: Mapping[str, Any], *, dry_run: bool) -> None:
    saved = "Kiểm tra thử, chưa lưu" if dry_run else "Đã lưu"
    click.echo(
        f"{saved}: {report['new']} mới, {report['changed']} thay đổi, {report['same']} như cũ, "
        f"{report['rejected']} bị từ chối."
    )
    for title, items in (("Lỗi", report["faults"]), ("Cảnh báo", report["warnings"])):
        if items:
            shown = [
                (item["row"], item["column"], item["value"], item["message"])
                for item in items[:_SHOWN_FAULTS]
            ]
            table(f"{title} ({len(items)})", ("Dòng", "Cột", "Giá trị", "Nội dung"), shown)
            if len(items) > _SHOWN_FAULTS:
                click.echo(f"… và {len(items) - _SHOWN_FAULTS} mục nữa (--json để xem hết).")


_SHOWN_FAULTS = 50


def withdraw_command(kinds: Sequence[str]) -> click.Command:
    """The verb `withdraw` over these kinds of file."""

    @click.command()
    @click.argument("kind", type=click.Choice(kinds), metavar="KIND")
    @click.argument("key", metavar="KEY")
    @click.option("--reason", required=True, metavar="TEXT", help="Vì sao rút.")
    @click.option("--organisation", metavar="CODE", help="Tổ chức đã công bố dòng.")
    @data_option
    @json_option
    @click.pass_obj
    def withdraw(session: Session, kind: str, key: str, reason: str, organisation: str | None) -> None:
        """Rút một dòng đã nhập; nhập lại thì khôi phục."""
        answer = session.call(
            "withdraw", {"kind": kind, "key": key, "reason": reason, "organisation": organisation}
        )
        session.print(answer, lambda _: click.echo(f"Đã rút {kind} “{key}”."))

    return withdraw


def replay_command(services: Sequence[str]) -> click.Command:
    """The verb `replay` over these services."""

    @click.command()
    @click.argument("service", type=click.Choice(services), metavar="SERVICE")
    @data_option
    @json_option
    @click.pass_obj
    def replay(session: Session, service: str) -> None:
        """Dựng lại các bảng của một dịch vụ từ sự kiện; không công bố gì."""
        answer = session.call("replay", {"service": service}, doing=f"Dựng lại {service}")
        session.print(answer, lambda a: click.echo(f"Đã dựng lại {service} từ {a.get('events', 0)} sự kiện."))

    return replay


@click.command()
@click.option("--timeout", "timeout_s", type=float, metavar="S", help="Chờ nhiều nhất S giây.")
@data_option
@json_option
@click.pass_obj
def settle(session: Session, timeout_s: float | None) -> int:
    """Chờ đến khi mọi sự kiện đi qua mọi dịch vụ."""
    answer = session.call("settle", {"timeout_s": timeout_s}, doing="Xử lý sự kiện")
    letters = answer["dead_letters"]
    session.print(
        answer,
        lambda _: click.echo(
            f"Còn {letters} thư chết; xem bằng noinghe dead-letters." if letters else "Mọi sự kiện đã xong."
        ),
    )
    return REFUSED if letters else DONE


@click.command()
@data_option
@json_option
@click.pass_obj
def verify(session: Session) -> int:
    """Tính lại mọi bảng từ sự kiện và so sánh."""
    answer = session.call("verify", {}, doing="Kiểm chứng")
    session.print(answer, _print_verification)
    return DONE if answer["ok"] else REFUSED


def _print_verification(answer: Mapping[str, Any]) -> None:
    rows = [
        (found["service"], one["table"], one["rows"], one["rebuilt_rows"], "khớp" if one["same"] else "KHÁC")
        for found in answer["services"]
        for one in found["tables"]
    ]
    table("Kiểm chứng", ("Dịch vụ", "Bảng", "Số dòng", "Tính lại", "Kết quả"), rows)
    for found in answer["services"]:
        for gap in found["gaps"]:
            click.echo(f"{found['service']}: thiếu số thứ tự {gap}")


@click.command(name="dead-letters")
@click.option("--replay", metavar="ID", help="Đưa lại thư này cho dịch vụ, rồi các sự kiện chờ sau nó.")
@data_option
@json_option
@click.pass_obj
def dead_letters(session: Session, replay: str | None) -> int:
    """Các sự kiện mà một dịch vụ không xử lý được."""
    answer = session.call("dead_letters", {"replay": replay})
    if replay is not None:
        session.print(answer, lambda a: click.echo(f"Đã xử lý lại {a['replayed']} sự kiện."))
        return DONE
    letters = answer["dead_letters"]
    columns = ("id", "topic", "partition", "offset", "reason")

    def render(_: Any) -> None:
        if not letters:
            click.echo("Không có thư chết.")
            return
        table("Thư chết", columns, [[letter.get(column) for column in columns] for letter in letters])

    session.print(answer, render)
    return REFUSED if letters else DONE


@click.command()
@data_option
@json_option
@click.pass_obj
def doctor(session: Session) -> int:
    """Kiểm tra sức khỏe của hệ thống."""
    answer = session.call("doctor", {})
    rows = [
        ("tốt" if check["ok"] else "CẦN XEM", check["name"], check["detail"]) for check in answer["checks"]
    ]
    session.print(answer, lambda _: table("Khám", ("Kết quả", "Mục", "Chi tiết"), rows))
    return DONE if answer["ok"] else REFUSED


def key_command(scopes: Sequence[str]) -> click.Group:
    """The verbs of keys; `scopes`: what a key can be given."""

    @click.group()
    def key() -> None:
        """Khóa API của các tổ chức công bố bằng máy."""

    @key.command(name="create")
    @click.option("--organisation", required=True, metavar="CODE", help="Tổ chức được cấp khóa.")
    @click.option(
        "--scope",
        "wanted",
        type=_Scope(scopes),
        required=True,
        multiple=True,
        metavar="SCOPE",
        help="Ví dụ school.write.",
    )
    @data_option
    @json_option
    @click.pass_obj
    def create_key(session: Session, organisation: str, wanted: tuple[str, ...]) -> None:
        """Cấp một khóa; khóa chỉ hiện một lần này."""
        answer = session.call("key.create", {"organisation": organisation, "scopes": list(wanted)})
        session.print(
            answer,
            lambda a: click.echo(f"{a['key']}\nGiữ kín: khóa không hiện lại. Mã khóa: {a['id']}."),
        )

    key.add_command(_list_keys)
    key.add_command(_revoke_key)
    return key


class _Scope(click.ParamType[str]):
    """One of the scopes that there are."""

    name = "SCOPE"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The scope as it is; one that does not exist is a usage error that names those that do."""
        if value not in self._known:
            self.fail(f"Phạm vi “{value}” không có; chọn trong: {', '.join(self._known)}.", param, ctx)
        return str(value)


@click.command(name="list")
@data_option
@json_option
@click.pass_obj
def _list_keys(session: Session) -> None:
    """Các khóa đã cấp."""
    answer = session.call("key.list", {})
    columns = ("id", "organisation", "scopes", "created_at", "revoked_at")
    rows = [[_joined(one.get(column)) for column in columns] for one in answer["keys"]]
    session.print(
        answer,
        lambda _: table("Khóa API", columns, rows) if rows else click.echo("Chưa cấp khóa nào."),
    )


@click.command(name="revoke")
@click.argument("key_id", metavar="ID")
@data_option
@json_option
@click.pass_obj
def _revoke_key(session: Session, key_id: str) -> None:
    """Thu hồi một khóa, có hiệu lực ngay."""
    answer = session.call("key.revoke", {"id": key_id})
    session.print(answer, lambda _: click.echo(f"Đã thu hồi khóa {key_id}."))


def _joined(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
