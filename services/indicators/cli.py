"""Verbs of the command line that read the linked career database: board, list, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from shared.files.writing import write_table
from shared.service.command_line import IsoDate, Session, data_option, json_option, table

DIMENSIONS = ("school", "commune", "village", "sex", "ethnicity", "stage", "destination")
MEMBERS = ("numerator", "denominator", "excluded", "unknown")
BOARD_COLUMNS = ("Chỉ tiêu", "Nội dung", "Tử số", "Mẫu số", "Kết quả", "Mục tiêu", "Đánh giá", "Chưa rõ")
BREAKDOWN_COLUMNS = ("Chỉ tiêu", "Chiều", "Mã", "Tên", "Tử số", "Mẫu số", "Kết quả")


@click.command()
@click.argument("plan")
@click.option("--on", required=True, type=IsoDate(), help="Ngày chốt số liệu.")
@click.option("--school-year", metavar="N-N+1", help="Mặc định: năm học gần nhất đã kết thúc.")
@click.option("--by", "dimensions", multiple=True, type=click.Choice(DIMENSIONS), help="Chia theo.")
@click.option("--units", type=click.Choice(("then", "today")), default="then", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Ghi ra .csv hoặc .xlsx.")
@data_option
@json_option
@click.pass_obj
def board(
    session: Session,
    plan: str,
    on: str,
    school_year: str | None,
    dimensions: tuple[str, ...],
    units: str,
    out: Path | None,
) -> None:
    """Các chỉ tiêu của một kế hoạch (KR2024, BL2026)."""
    if out is not None and out.suffix.lower() not in (".csv", ".xlsx"):
        raise click.BadParameter("tên tệp phải kết thúc bằng .csv hoặc .xlsx", param_hint="--out")
    asked = {"plan": plan, "on": on, "school_year": school_year, "by": list(dimensions), "units": units}
    answer = session.call("indicators.board", asked)
    if out is not None:
        write_table(out, *_as_sheet(answer))
        click.echo(f"Đã ghi {out}.", err=True)
    if out is None or session.as_json:
        session.print(answer, print_board)


@click.command(name="list")
@click.argument("indicator")
@click.option("--plan", required=True)
@click.option("--on", required=True, type=IsoDate(), help="Ngày chốt số liệu.")
@click.option("--school-year", metavar="N-N+1")
@click.option(
    "--member", required=True, metavar="|".join((*MEMBERS, "MÃ")), help="Nhóm, hoặc mã nơi đến như TC."
)
@data_option
@json_option
@click.pass_obj
def list_members(
    session: Session, indicator: str, plan: str, on: str, school_year: str | None, member: str
) -> None:
    """Những ai đứng sau một con số (mã giả danh, không có tên)."""
    answer = session.call(
        "indicators.list",
        {"indicator": indicator, "plan": plan, "on": on, "school_year": school_year, "member": member},
    )
    columns = ("person_id", "destination", "school_code", "residence_code", "village")
    session.print(
        answer,
        lambda rows: table(
            f"{indicator}: {member} ({len(rows)})",
            columns,
            [[row[column] for column in columns] for row in rows],
        ),
    )


@click.command()
@click.option("--on", required=True, type=IsoDate(), help="Ngày chốt số liệu.")
@data_option
@json_option
@click.pass_obj
def jobs(session: Session, on: str) -> None:
    """Cung và cầu theo nghề: chỗ tuyển, người học, người học xong, người được tuyển."""
    answer = session.call("indicators.jobs", {"on": on})
    titles = ("Mã nghề", "Tên nghề", "Chỗ tuyển", "Đang học", "Học xong", "Được tuyển")
    columns = ("trade_code", "name_vi", "openings", "learners", "completions", "placements")
    session.print(
        answer,
        lambda rows: table(
            f"Cung và cầu theo nghề, ngày {_day(on)}",
            titles,
            [[row[column] for column in columns] for row in rows],
        ),
    )


def print_board(answer: Mapping[str, Any]) -> None:
    """Print a board as a table, its breakdowns below."""
    click.echo()
    rows = [_board_row(one) for one in answer["indicators"]]
    title = f"{answer['plan']}, năm học {answer['school_year']}, tính đến {_day(answer['on'])}"
    table(title, BOARD_COLUMNS, rows)
    for one in answer["indicators"]:
        if one.get("not_recognised"):
            click.echo(f"{one['id']}: bên ngoài mẫu số còn {one['not_recognised']} em chưa được công nhận.")
    for breakdown in {b["dimension"]: None for one in answer["indicators"] for b in one["breakdowns"]}:
        lines = [_breakdown_row(one, b) for one in answer["indicators"] for b in one["breakdowns"]]
        table(f"Theo {breakdown}", BREAKDOWN_COLUMNS, [line for line in lines if line[1] == breakdown])
    unlinked = answer["unlinked"]
    if any(unlinked.values()):
        click.echo(
            f"Chưa nối được với ai: {unlinked['enrolments']} lượt nhập học, "
            f"{unlinked['life_events']} biến động, {unlinked['placements']} lượt tuyển dụng."
        )
    if answer["provisional"]:
        click.echo("Số liệu tạm tính: ngày chốt còn ở phía trước, hoặc chưa rõ nơi đến của hơn 5 % số em.")


def _board_row(one: Mapping[str, Any]) -> list[Any]:
    target = one["target"]
    verdict = {True: "đạt", False: "chưa đạt", None: ""}[one["met"]]
    wanted = f"{target['op']} {_percent(target['value'])}" if target else ""
    value = "không có" if one["denominator"] == 0 else _percent(one["value"])
    return [
        one["id"],
        one["name_vi"],
        one["numerator"],
        one["denominator"],
        value,
        wanted,
        verdict,
        one["unknown"],
    ]


def _breakdown_row(one: Mapping[str, Any], part: Mapping[str, Any]) -> list[Any]:
    share = ""
    if part["denominator"]:
        share = _percent(str(Decimal(part["numerator"]) / Decimal(part["denominator"])))
    return [
        one["id"],
        part["dimension"],
        part["key"],
        part["label"],
        part["numerator"],
        part["denominator"],
        share,
    ]


def _as_sheet(answer: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    headings = ["plan", "on", "school_year", "indicator", "dimension", "key", "label"]
    headings += ["numerator", "denominator", "value", "target_op", "target_value", "met"]
    start = [answer["plan"], answer["on"], answer["school_year"]]
    rows: list[list[Any]] = []
    for one in answer["indicators"]:
        target = one["target"] or {"op": None, "value": None}
        met = None if one["met"] is None else str(one["met"]).lower()
        figures = [one["numerator"], one["denominator"], one["value"], target["op"], target["value"], met]
        rows.append([*start, one["id"], "", "", one["name_vi"], *figures])
        for part in one["breakdowns"]:
            place = [part["dimension"], part["key"], part["label"]]
            rows.append([*start, one["id"], *place, part["numerator"], part["denominator"], *[None] * 4])
    return headings, rows


def _percent(value: str | None) -> str:
    """A six-place decimal share as a Vietnamese percentage with two decimals: 82,35 %."""
    if value is None:
        return ""
    return f"{Decimal(value) * 100:.2f} %".replace(".", ",")


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"


VERBS = (board, list_members, jobs)
