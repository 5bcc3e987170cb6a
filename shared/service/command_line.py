"""The command line `noinghe`: parse words, call one verb, render its answer.

Exit status: 0 done; 1 data refused, dead letters or a difference found; 2 usage; 3 unavailable or time
ran out. Never a traceback for what a user or a machine can get wrong.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click
import structlog
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.errors import NoiNgheError, Unavailable
from shared.service.heap import calm_collector
from shared.service.owner import INTERNAL_FAULT, calling
from shared.service.service import Service
from shared.settings import BadSetting, Settings
from shared.web.logs import configure_logging, frames_of

_log = structlog.get_logger(__name__)

DONE, REFUSED, USAGE, UNAVAILABLE = 0, 1, 2, 3
_SHORT_TEXT = 14


@dataclass(slots=True)
class Session:
    """What every command of one invocation shares: the services, the settings, and how to answer."""

    services: Sequence[Service]
    data_dir: Path | None = None
    as_json: bool = False

    def settings(self) -> Settings:
        """The settings with the data folder of the command line."""
        return Settings.load(os.environ, data_dir=self.data_dir)

    def call(self, name: str, parameters: Mapping[str, Any], *, doing: str | None = None) -> Any:
        """Carry out a verb of the house; `doing` shows a progress bar on standard error."""
        with calling(self.services, self.settings()) as caller, progress_bar(doing) as progress:
            return caller.call(name, parameters, progress)

    def print(self, answer: Any, render: Callable[[Any], None]) -> None:
        """Print an answer as JSON where that was asked for, else through `render`."""
        if self.as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            render(answer)


class IsoDate(click.ParamType[str]):
    """A day as YYYY-MM-DD or as dd/mm/yyyy."""

    name = "NGÀY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The day as ISO text."""
        text = str(value)
        try:
            if "/" in text:
                day, month, year = text.split("/")
                return date(int(year), int(month), int(day)).isoformat()
            return date.fromisoformat(text).isoformat()
        except ValueError:
            self.fail(f"“{value}” không phải một ngày; viết như 2026-12-31 hoặc 31/12/2026.", param, ctx)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take `--json` itself, beside the global one."""

    def noted(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            context.find_object(Session).as_json = True  # type: ignore[union-attr]

    return click.option(
        "--json", is_flag=True, expose_value=False, callback=noted, help="Trả lời bằng JSON."
    )(command)


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take `--data DIR` itself, beside the global one."""

    def noted(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
        if folder is not None:
            context.find_object(Session).data_dir = folder  # type: ignore[union-attr]

    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=noted,
        help="Thư mục dữ liệu (mặc định: NOINGHE_DATA hoặc ./data).",
    )(command)


@contextmanager
def progress_bar(doing: str | None) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, or nothing where `doing` is None."""
    if doing is None:
        yield lambda done, total: None
        return
    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(doing, total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield moved


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table to standard output; only columns with long texts give way on a narrow screen."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, column in enumerate(columns):
        is_short = all(len(row[place]) <= _SHORT_TEXT for row in texts)
        grid.add_column(column, overflow="fold", no_wrap=is_short)
    for row in texts:
        grid.add_row(*row)
    Console(markup=False, emoji=False, highlight=False).print(grid)


def build(services: Sequence[Service], extra: Sequence[click.Command] = ()) -> click.Group:
    """The whole command line over these services."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @data_option
    @json_option
    def noinghe() -> None:
        """Nối Nghề: nối học sinh ra trường, nghề học và việc làm; tính chỉ tiêu kế hoạch phân luồng."""

    kinds = sorted({kind.layout.kind for service in services for kind in service.kinds})
    rebuilt = [service.name for service in services if service.projections]
    for command in (
        _import_command(kinds),
        _withdraw_command(kinds),
        _replay_command(rebuilt),
        settle,
        verify,
        dead_letters,
        doctor,
        key,
        *extra,
        *(verb for service in services for verb in service.verbs),
    ):
        noinghe.add_command(command)
    return noinghe


def run(group: click.Group, services: Sequence[Service], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(status_of(group, services, arguments))


def status_of(group: click.Group, services: Sequence[Service], arguments: Sequence[str] | None) -> int:
    """Run the command line; its exit status, with every error told in one sentence on standard error."""
    session = Session(services)
    configure_logging("WARNING")
    calm_collector()
    try:
        result = group.main(
            args=None if arguments is None else list(arguments),
            prog_name="noinghe",
            standalone_mode=False,
            obj=session,
        )
    except click.UsageError as fault:
        fault.show()
        return USAGE
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.Abort:
        click.echo("Đã dừng theo yêu cầu.", err=True)
        return REFUSED
    except (Unavailable, BadSetting) as fault:
        _tell(session, fault)
        return USAGE if isinstance(fault, BadSetting) else UNAVAILABLE
    except NoiNgheError as fault:
        _tell(session, fault)
        return REFUSED
    except Exception as fault:
        _log.error("command.failed", error=type(fault).__name__, frames=frames_of(fault))
        _tell(session, Unavailable(INTERNAL_FAULT, code="internal"))
        return UNAVAILABLE
    return result if isinstance(result, int) else DONE


def _tell(session: Session, fault: NoiNgheError) -> None:
    if session.as_json:
        click.echo(json.dumps({"error": {"code": fault.code, "message": fault.message}}, ensure_ascii=False))
    click.echo(f"Lỗi: {fault.message}", err=True)


def _import_command(kinds: Sequence[str]) -> click.Command:
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


def _withdraw_command(kinds: Sequence[str]) -> click.Command:
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


def _replay_command(services: Sequence[str]) -> click.Command:
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


@click.group()
def key() -> None:
    """Khóa API của các tổ chức công bố bằng máy."""


@key.command(name="create")
@click.option("--organisation", required=True, metavar="CODE", help="Tổ chức được cấp khóa.")
@click.option("--scope", "scopes", required=True, multiple=True, metavar="SCOPE", help="Ví dụ school.write.")
@data_option
@json_option
@click.pass_obj
def create_key(session: Session, organisation: str, scopes: tuple[str, ...]) -> None:
    """Cấp một khóa; khóa chỉ hiện một lần này."""
    answer = session.call("key.create", {"organisation": organisation, "scopes": list(scopes)})
    session.print(
        answer,
        lambda a: click.echo(f"{a['key']}\nGiữ kín: khóa không hiện lại. Mã khóa: {a['id']}."),
    )


@key.command(name="list")
@data_option
@json_option
@click.pass_obj
def list_keys(session: Session) -> None:
    """Các khóa đã cấp."""
    answer = session.call("key.list", {})
    columns = ("id", "organisation", "scopes", "created_at", "revoked_at")
    rows = [[_joined(one.get(column)) for column in columns] for one in answer["keys"]]
    session.print(
        answer,
        lambda _: table("Khóa API", columns, rows) if rows else click.echo("Chưa cấp khóa nào."),
    )


@key.command(name="revoke")
@click.argument("key_id", metavar="ID")
@data_option
@json_option
@click.pass_obj
def revoke_key(session: Session, key_id: str) -> None:
    """Thu hồi một khóa, có hiệu lực ngay."""
    answer = session.call("key.revoke", {"id": key_id})
    session.print(answer, lambda _: click.echo(f"Đã thu hồi khóa {key_id}."))


def _joined(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
