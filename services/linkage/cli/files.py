"""`noinghe link files`: links files that are in no store. Modules of numbers are imported when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.linkage.files.outputs import check_writable
from shared.clock import SystemClock, today
from shared.service.terminal import Session, json_option, table

_PATH = click.Path(path_type=Path)


class Probability(click.ParamType[float]):
    """A probability strictly between 0 and 1; a decimal comma is read too."""

    name = "P"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The probability as a number."""
        try:
            number = float(str(value).replace(",", "."))
        except ValueError:
            number = 0.0
        if not 0 < number < 1:
            self.fail(
                f"“{value}” không phải một xác suất; hãy ghi một số giữa 0 và 1, ví dụ 0.95.", param, ctx
            )
        return number


@click.command(name="files")
@click.argument("files", type=_PATH, nargs=-1, required=True, metavar="A.csv B.csv …")
@click.option("--out", type=_PATH, required=True, metavar="LINKS.csv", help="Nơi ghi kết quả nối.")
@click.option("--pairs", type=_PATH, metavar="PAIRS.csv", help="Ghi cả mọi cặp đã so sánh.")
@click.option("--bulk", is_flag=True, help="So sánh bằng Splink trên DuckDB.")
@click.option("--threshold", type=Probability(), metavar="P", help="Xác suất ít nhất để nối (0–1).")
@json_option
@click.pass_obj
def link_files(
    session: Session,
    files: Sequence[Path],
    out: Path,
    pairs: Path | None,
    bulk: bool,
    threshold: float | None,
) -> None:
    """Nối các tệp CSV, XLSX không nằm trong kho nào; một tệp thì tìm hồ sơ trùng.

    Kết quả: source, record_id, person_id, weight_bits, probability, decided_by.
    """
    from services.linkage.files import linking, report, writing  # noqa: PLC0415 seconds of imports

    outputs = [path for path in (out, pairs) if path is not None]
    _check_outputs(files, outputs)
    for path in outputs:
        check_writable(path)
    model = linking.shipped_model(threshold=threshold)
    with Bars() as bars:
        linked = linking.link_files(
            files,
            model,
            today=today(SystemClock()),
            bulk=bulk,
            every_pair=pairs is not None,
            progress=bars.moved,
        )
        bars.moved("Ghi kết quả", 0, None)
        writing.write_links(out, linked)
        if pairs is not None:
            writing.write_pairs(pairs, linked)
        bars.moved("Ghi kết quả", 1, 1)
    session.print(report.report_of(linked).to_json(), _print_report)


def _check_outputs(files: Sequence[Path], outputs: Sequence[Path]) -> None:
    taken = {path.resolve() for path in files}
    for path in outputs:
        if path.resolve() in taken:
            raise click.UsageError(f"{path} vừa là tệp vào vừa là nơi ghi kết quả; hãy chọn tên khác.")
        taken.add(path.resolve())


class Bars:
    """One progress bar per thing that is done, on standard error."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=False)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def moved(self, doing: str, done: int, total: int | None) -> None:
        """What is being done is now this far; what was done before is done."""
        if doing not in self._tasks:
            for task in self._progress.tasks:
                self._progress.update(task.id, total=task.completed or 1, completed=task.completed or 1)
            self._tasks[doing] = self._progress.add_task(doing, total=total)
        self._progress.update(self._tasks[doing], completed=done, total=total)


def _print_report(answer: Mapping[str, Any]) -> None:
    click.echo(
        f"{answer['records']} hồ sơ của {answer['persons']} người; {answer['linked_persons']} người có từ "
        f"hai hồ sơ trở lên ({answer['linked']} hồ sơ đã nối); {answer['reviews']} hồ sơ cần người xem."
    )
    precision = _percent(answer["expected_precision"])
    line = f"{answer['threshold']:.4f}".replace(".", ",")
    click.echo(f"Ngưỡng nối {line}; độ chính xác dự kiến của các liên kết: {precision}.")
    rows = [
        (
            group["name"],
            group["records"],
            group["linked"],
            _percent(group["unlinked"]),
            group["reviews"],
            _percent(group["expected_precision"]),
        )
        for group in answer["groups"]
    ]
    columns = ("Nguồn, dân tộc", "Hồ sơ", "Đã nối", "Chưa nối", "Cần xem", "Chính xác dự kiến")
    table("Chất lượng", columns, rows)
    if answer["splink_difference"] is not None:
        click.echo(f"Trọng số của Splink lệch nhiều nhất {answer['splink_difference']:.1e} bit.")
    for note in answer["notes"]:
        click.echo(note)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.2f}%".replace(".", ",")


VERBS: tuple[click.Command, ...] = (link_files,)
"""The verbs of this module, for the group `link`."""
