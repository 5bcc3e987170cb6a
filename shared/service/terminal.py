"""What verbs of the command line share: the session of one invocation, options, progress, tables."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.service.owner import calling
from shared.service.service import Service
from shared.settings import Settings

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
