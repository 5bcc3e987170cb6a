"""The verbs `board`, `list` and `jobs`: call an operation, print its answer as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from services.indicators.board import MEMBERS, Dimension, Units
from services.indicators.cohort import BadSchoolYear, first_year
from services.indicators.destination import Destination
from services.indicators.plan import plan_ids, plan_of
from services.indicators.wording import day_text, figure, percent, ratio, target_text, verdict
from shared.errors import NotFound, Unavailable
from shared.files.writing import write_table
from shared.service.terminal import IsoDate, Session, data_option, json_option, table

_DIMENSIONS_VI = {
    Dimension.SCHOOL: "Trường",
    Dimension.COMMUNE: "Xã cư trú",
    Dimension.VILLAGE: "Thôn, bản cư trú",
    Dimension.SEX: "Giới tính",
    Dimension.ETHNICITY: "Dân tộc",
    Dimension.STAGE: "Cấp học",
    Dimension.DESTINATION: "Hướng đi",
}
_HEADINGS = (
    "plan", "on", "indicator", "name_vi", "school_year", "dimension", "key", "label",
    "numerator", "denominator", "value", "target", "met", "unknown",
)  # fmt: skip


class SchoolYear(click.ParamType[str]):
    """A school year as N-N+1."""

    name = "N-N+1"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The school year as it was written, which is the only way to write it."""
        try:
            first_year(str(value))
        except BadSchoolYear as fault:
            self.fail(fault.message, param, ctx)
        return str(value)


@click.command(name="board")
@click.argument("plan", type=click.Choice(plan_ids()), metavar="PLAN")
@click.option("--on", required=True, type=IsoDate(), help="Ngày chốt số liệu.")
@click.option("--school-year", type=SchoolYear(), help="Năm học; mặc định: năm học kết thúc gần nhất.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice([one.value for one in Dimension]),
    help="Tách theo; dùng được nhiều lần.",
)
@click.option(
    "--units",
    type=click.Choice([one.value for one in Units]),
    default=Units.THEN.value,
    show_default=True,
    help="Đơn vị hành chính khi đó, hay ngày nay.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Ghi ra tệp .csv hoặc .xlsx.",
)
@data_option
@json_option
@click.pass_obj
def board_verb(
    session: Session,
    plan: str,
    on: str,
    school_year: str | None,
    by: tuple[str, ...],
    units: str,
    out: Path | None,
) -> None:
    """Các chỉ tiêu của một kế hoạch."""
    if out is not None and out.suffix.lower() not in (".csv", ".xlsx"):
        raise click.BadParameter("tên tệp phải kết thúc bằng .csv hoặc .xlsx.", param_hint="--out")
    answer = session.call(
        "indicators.board",
        {"plan": plan, "on": on, "school_year": school_year, "by": list(by), "units": units},
    )
    if out is not None:
        try:
            write_table(out, _HEADINGS, list(_rows(answer)))
        except OSError as fault:
            raise Unavailable(f"Không ghi được {out}: {fault.strerror}; hãy chọn tệp khác.") from fault
        if not session.as_json:
            click.echo(f"Đã ghi {out}.")
            return
    session.print(answer, print_board)


@click.command(name="list")
@click.argument("indicator", metavar="INDICATOR")
@click.option("--plan", required=True, type=click.Choice(plan_ids()), metavar="PLAN")
@click.option("--on", required=True, type=IsoDate(), help="Ngày chốt số liệu.")
@click.option("--school-year", type=SchoolYear(), help="Năm học.")
@click.option(
    "--member",
    required=True,
    type=click.Choice([*MEMBERS, *(one.value for one in Destination)]),
    metavar="PART",
    help="numerator, denominator, excluded, unknown, hoặc mã hướng đi (THPT, TC, NEET…).",
)
@data_option
@json_option
@click.pass_obj
def list_verb(
    session: Session, indicator: str, plan: str, on: str, school_year: str | None, member: str
) -> None:
    """Những ai ở sau một con số (mã ẩn danh, không có tên)."""
    try:
        plan_of(plan).indicator(indicator)
    except NotFound as fault:
        raise click.BadParameter(fault.message, param_hint="INDICATOR") from fault
    answer = session.call(
        "indicators.list",
        {"indicator": indicator, "plan": plan, "on": on, "school_year": school_year, "member": member},
    )
    columns = ("person_id", "destination", "school_code", "residence_code", "village")
    rows = [[one[column] for column in columns] for one in answer]
    session.print(answer, lambda _: table(f"{indicator}: {member} ({len(rows)})", columns, rows))


@click.command(name="jobs")
@click.option("--on", required=True, type=IsoDate(), help="Ngày xem.")
@data_option
@json_option
@click.pass_obj
def jobs_verb(session: Session, on: str) -> None:
    """Cung và cầu theo nghề: chỗ trống, người học, lượt học xong, lượt có việc."""
    answer = session.call("indicators.jobs", {"on": on})
    headings = ("Mã nghề", "Nghề", "Chỗ làm trống", "Đang học", "Đã học xong", "Đã có việc")
    rows = [
        (
            one["trade_code"] or "(không nêu nghề)",
            one["name_vi"],
            one["openings"],
            one["learners"],
            one["completions"],
            one["placements"],
        )
        for one in answer
    ]
    session.print(answer, lambda _: table(f"Cung và cầu theo nghề, ngày {day_text(on)}", headings, rows))


def print_board(board: Mapping[str, Any]) -> None:
    """Print a board as tables."""
    plan = plan_of(board["plan"])
    title = (
        f"{plan.id} · {plan.owner_vi} · năm học {board['school_year']} · chốt ngày {day_text(board['on'])}"
    )
    headings = ("Chỉ tiêu", "Nội dung", "Số người", "Giá trị", "Mục tiêu", "Kết quả", "Chưa rõ")
    rows = [
        (
            one["id"],
            one["name_vi"],
            ratio(one),
            figure(one),
            target_text(one["target"]),
            verdict(board, one),
            one["unknown"],
        )
        for one in board["indicators"]
    ]
    table(title, headings, rows)
    for one in board["indicators"]:
        _print_breakdowns(one)
    for note in _notes(board):
        click.echo(note)


def _print_breakdowns(indicator: Mapping[str, Any]) -> None:
    for dimension, name in _DIMENSIONS_VI.items():
        rows = [row for row in indicator["breakdowns"] if row["dimension"] == dimension]
        if rows:
            table(
                f"{indicator['id']} theo {name.lower()}",
                (name, "Tên", "Số người", "Tỷ lệ"),
                [(row["key"], row["label"], ratio(row), _share(row)) for row in rows],
            )


def _share(row: Mapping[str, Any]) -> str:
    if row["denominator"] is None:
        return ""
    if row["denominator"] == 0:
        return percent(None)
    return percent(f"{row['numerator'] / row['denominator']:.6f}")


def _notes(board: Mapping[str, Any]) -> Iterator[str]:
    if board["provisional"]:
        yield "Số liệu tạm tính: chưa đến ngày chốt, hoặc dưới 95 % học sinh đã rõ nơi đến."
    for one in board["indicators"]:
        if one.get("not_recognised"):
            yield f"{one['id']}: ngoài ra có {one['not_recognised']} học sinh chưa được công nhận."
    unlinked = board["unlinked"]
    if any(unlinked.values()):
        yield (
            f"Chưa nối được với ai: {unlinked['enrolments']} lượt nhập học, "
            f"{unlinked['life_events']} biến động, {unlinked['placements']} lượt có việc."
        )
    yield f"Số liệu đến: {board['data_time'] or 'chưa có'}; quy tắc tính: {board['rule_version']}."


def _rows(board: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """One line per indicator, and one per row of its breakdowns."""
    for one in board["indicators"]:
        target = one["target"]
        head = (board["plan"], board["on"], one["id"], one["name_vi"], one["school_year"])
        goal = None if target is None else f"{target['op']} {target['value']}"
        met = {True: "đạt", False: "chưa đạt", None: None}[one["met"]]
        numbers = (one["numerator"], one["denominator"], one["value"])
        yield (*head, None, None, None, *numbers, goal, met, one["unknown"])
        for row in one["breakdowns"]:
            place = (row["dimension"], row["key"], row["label"])
            share = None
            if row["denominator"]:
                share = f"{row['numerator'] / row['denominator']:.6f}"
            yield (*head, *place, row["numerator"], row["denominator"], share, None, None, None)


VERBS = (board_verb, list_verb, jobs_verb)
