"""The verb `up`: open the data folder, load the demo where asked, show what there is, and serve.

What the demo consists of is told by the caller; here it is only files of some kinds, imported as a user
would import them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from shared.errors import Conflict, Invalid
from shared.service.house import House
from shared.service.owner import Caller, LocalCaller, owning
from shared.service.server import check_port, serve
from shared.service.service import Service
from shared.service.terminal import Session, data_option, progress_bar
from shared.settings import Settings
from shared.web.logs import configure_logging

DEMO_MARKER = "demo.loaded"
DEFAULT_PORT = 8000


class OtherData(Conflict):
    """The folder holds data that is not the demo's."""

    code = "other_data"


@dataclass(frozen=True, slots=True)
class Demo:
    """Spreadsheets to import, in order, as (kind, file), and what to print of them afterwards."""

    files: Sequence[tuple[str, Path]]
    show: Callable[[Caller], None]


def up_command(demo: Demo) -> click.Command:
    """The command `up`."""

    @click.command()
    @click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
    @click.option("--demo", "with_demo", is_flag=True, help="Nạp dữ liệu mẫu vào một thư mục riêng.")
    @data_option
    @click.pass_obj
    def up(session: Session, port: int, with_demo: bool) -> None:
        """Chạy mọi dịch vụ trên máy này (127.0.0.1)."""
        settings = session.settings()
        check_port(port)
        with _owned(session.services, settings):
            with House(session.services, settings) as house:
                if with_demo:
                    load_demo(house, demo)
                    demo.show(LocalCaller(house))
            configure_logging(settings.log_level)
            serve(session.services, settings, port=port, when_ready=lambda: _greet(port, settings))

    return up


def load_demo(house: House, demo: Demo) -> None:
    """Import the demo's files once; a load that was cut short is simply done again.

    Raises `OtherData` for a folder that holds something else.
    """
    marker = house.settings.data_dir / DEMO_MARKER
    if not marker.exists():
        if house.holds_data():
            raise OtherData(
                f"{house.settings.data_dir} đã có dữ liệu khác; chọn một thư mục trống bằng --data."
            )
        house.settings.data_dir.mkdir(parents=True, exist_ok=True)
        marker.write_text("loading\n")
    if marker.read_text() == "loaded\n":
        return
    caller = LocalCaller(house)
    for kind, file in demo.files:
        with progress_bar(f"Nhập {file.name}") as progress:
            report = caller.call("import", {"kind": kind, "path": str(file)}, progress)
        if report["faults"]:
            raise Invalid(f"Tệp mẫu {file.name} bị từ chối: {report['faults'][0]['message']}")
    with progress_bar("Xử lý sự kiện") as progress:
        caller.call("settle", {}, progress)
    marker.write_text("loaded\n")


@contextmanager
def _owned(services: Sequence[Service], settings: Settings) -> Iterator[None]:
    embedded = any(settings.is_embedded(service.name) for service in services)
    with owning(settings.data_dir) if embedded else nullcontext():
        yield


def _greet(port: int, settings: Settings) -> None:
    click.echo(f"\nNối Nghề đang chạy tại http://localhost:{port} (dữ liệu: {settings.data_dir}).")
    click.echo("Dừng: nhấn Ctrl-C. Dữ liệu được giữ lại cho lần chạy sau.")
