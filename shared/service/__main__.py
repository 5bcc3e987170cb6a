"""Processes of one service in a province: `python -m shared.service prepare|worker NAME`.

`prepare` brings the database and the topics to the present version and ends; `worker` runs the relay and
the consumer until it is told to stop. Exit status as on the command line.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from shared.clock import SystemClock
from shared.errors import NoiNgheError
from shared.service.heap import calm_collector
from shared.service.house import House
from shared.service.named import named_service
from shared.settings import Settings
from shared.web.logs import configure_logging


@click.group()
def main() -> None:
    """Tiến trình của một dịch vụ."""


@main.command()
@click.argument("name")
def prepare(name: str) -> None:
    """Nâng cấp cơ sở dữ liệu và chủ đề của một dịch vụ rồi kết thúc."""
    with House([named_service(name)], Settings.load(os.environ)) as house:
        house.log(name)
        click.echo(f"{name}: sẵn sàng.")


@main.command()
@click.argument("name")
def worker(name: str) -> None:
    """Chạy bộ chuyển tiếp và bộ xử lý của một dịch vụ."""
    settings = Settings.load(os.environ)
    configure_logging(settings.log_level)
    calm_collector()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with House([named_service(name)], settings, SystemClock()) as house:
        house.start(instance=settings.instance)
        while not stop.wait(1.0):
            house.check()


if __name__ == "__main__":
    try:
        main()
    except NoiNgheError as fault:
        click.echo(f"Lỗi: {fault.message}", err=True)
        sys.exit(3)
