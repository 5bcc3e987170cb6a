"""`noinghe link export`, `noinghe link evaluate`: the links of a store as a file, and how good links are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared.service.terminal import Session, data_option, json_option, table

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_PATH, metavar="FILE.csv")
@data_option
@json_option
@click.pass_obj
def export(session: Session, file: Path) -> None:
    """Ghi mọi liên kết của thư mục dữ liệu ra một tệp."""
    answer = session.call("linkage.export", {"path": str(file.absolute())}, doing="Xuất liên kết")
    session.print(answer, lambda a: click.echo(f"Đã ghi {a['records']} hồ sơ vào {file}."))


@click.command()
@click.option("--truth", type=_PATH, required=True, metavar="FILE.csv", help="Cột source, record_id, person.")
@click.option("--links", type=_PATH, metavar="FILE.csv", help="Tệp liên kết; không ghi: thư mục dữ liệu.")
@data_option
@json_option
@click.pass_obj
def evaluate(session: Session, truth: Path, links: Path | None) -> None:
    """So các liên kết với sự thật: độ chính xác, độ phủ, F1 theo cặp và B-cubed."""
    if links is None:
        answer = session.call("linkage.evaluate", {"truth": str(truth.absolute())}, doing="Đánh giá")
    else:
        from services.linkage import evaluating  # noqa: PLC0415 numpy

        found = evaluating.evaluate(evaluating.read_truth(truth), evaluating.read_links(links))
        answer = found.to_json()
    session.print(answer, _print_evaluation)


def _print_evaluation(answer: Mapping[str, Any]) -> None:
    measures = answer["measures"]
    rows = [
        (name, *(_share(measures[key][figure]) for figure in ("precision", "recall", "f1")))
        for name, key in (("Theo cặp", "pairwise"), ("B-cubed", "b_cubed"))
    ]
    table("Đánh giá", ("Cách tính", "Chính xác", "Độ phủ", "F1"), rows)
    click.echo(
        f"{measures['records']} hồ sơ được so; {measures['true_pairs']} cặp đúng, {measures['found_pairs']} "
        f"cặp đã nối, {measures['agreed_pairs']} cặp trùng nhau."
    )
    if answer["missing"]:
        click.echo(f"{answer['missing']} hồ sơ của tệp sự thật không có trong các liên kết.")
    if answer["beside"]:
        click.echo(f"{answer['beside']} hồ sơ đã nối không có trong tệp sự thật.")
    for source, others in answer["sources"].items():
        if [source] != list(others):
            click.echo(f"“{source}” được so với: {', '.join(others) or 'không nguồn nào'}.")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}".replace(".", ",")


VERBS: tuple[click.Command, ...] = (export, evaluate)
"""The verbs of this module, for the group `link`."""
