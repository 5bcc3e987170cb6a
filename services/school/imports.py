"""What the files of school look like: completions and life events; institutions and enrolments in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from services.school import commands, completions, sources
from services.school.models import INSTITUTION, PERSON_TABLES
from shared import vietnamese
from shared.contracts.codes import SCHOOL_INSTITUTIONS, SCHOOL_PROGRAMMES, LifeEventKind, Stage
from shared.files import cells, checks, layouts
from shared.files.cells import Cell, Refusal
from shared.files.columns import Column
from shared.files.findings import Finding, refuse, warn
from shared.files.importing import Kind
from shared.files.layout import Layout, Values
from shared.files.persons import person_key
from shared.service.enrolments import enrolments_kind
from shared.service.institutions import institutions_kind
from shared.service.kinds import kind_of
from shared.service.records import SourceTable

ROUNDS = 2


def _school_year(cell: Cell, today: date) -> str | None:
    raw = vietnamese.nfc(cells.written(cell))
    if not raw:
        return None
    found = completions.school_year_of(raw)
    if found is None:
        raise Refusal("school_year_malformed", f"Năm học “{raw[:20]}” phải có dạng 2025-2026; hãy sửa lại.")
    return found


def _yes_or_no(cell: Cell, today: date) -> bool | None:
    raw = vietnamese.match_key(cells.written(cell))
    if not raw:
        return None
    if raw in _YES:
        return True
    if raw in _NO:
        return False
    raise Refusal("not_yes_or_no", f"“{raw[:20]}” phải là có hoặc không; hãy ghi x (có) hoặc để trống.")


_YES = frozenset({"1", "x", "co", "true", "yes", "dung"})
_NO = frozenset({"0", "khong", "false", "no"})


def _completion_day(values: Values) -> date | None:
    return None if values["school_year"] is None else commands.completion_day(values)


def _completion_key(values: Values) -> str:
    return values["record_id"] or commands.natural_key(values) or ""


def _check_completion(values: Values, today: date) -> Iterable[Finding]:
    if values["record_id"] is None and person_key(values) is None:
        message = "không có số định danh thì phải có mã hồ sơ (record_id) của trường; hãy điền một trong hai."
        yield refuse("record_id", "record_id_missing", message)
    recognised_on, recognised_round = values["recognised_on"], values["recognised_round"]
    if recognised_round is not None and recognised_on is None:
        message = "có đợt công nhận thì phải có ngày công nhận; hãy điền ngày, hoặc để trống cả hai ô."
        yield refuse("recognised_on", "recognised_on_missing", message)
    if recognised_on is not None and recognised_round is None:
        message = "có ngày công nhận nhưng không ghi đợt; đã lưu là đợt 1, hãy kiểm tra lại."
        yield warn("recognised_round", "recognised_round_missing", message)


def _check_life_event(values: Values, today: date) -> Iterable[Finding]:
    if values["event"] is LifeEventKind.EMPLOYED:
        yield from checks.employed_under_age(values, values["happened_on"], column="happened_on")


COMPLETIONS = Layout(
    kind="completions",
    title_vi="Danh sách hoàn thành, tốt nghiệp",
    columns=(
        Column("school_code", cells.code, ("Mã trường", "Trường (mã)"), needed=True),
        Column(
            "stage",
            cells.choice(
                Stage,
                {
                    "trung học cơ sở": Stage.THCS,
                    "cấp 2": Stage.THCS,
                    "trung học phổ thông": Stage.THPT,
                    "cấp 3": Stage.THPT,
                },
                refused_as="unknown_stage",
                what="Cấp học",
            ),
            ("Cấp học", "Cấp"),
            needed=True,
        ),
        Column("school_year", _school_year, ("Năm học",), needed=True),
        Column(
            "recognised_round",
            cells.whole_number(low=1, high=ROUNDS, what="Đợt công nhận"),
            ("Đợt công nhận", "Đợt xét", "Đợt"),
        ),
        Column(
            "recognised_on",
            cells.event_day,
            ("Ngày công nhận", "Ngày quyết định", "Ngày công nhận hoàn thành", "Ngày công nhận tốt nghiệp"),
        ),
        Column("is_late", _yes_or_no, ("Tốt nghiệp muộn", "Thí sinh tự do", "Các năm trước")),
        Column("decision_no", cells.text, ("Số quyết định", "Quyết định số", "Số QĐ")),
        Column("area", cells.text, ("Khu vực", "Địa bàn")),
    ),
    key=_completion_key,
    day=_completion_day,
    check=_check_completion,
    person=True,
)

LIFE_EVENTS = Layout(
    kind="life-events",
    title_vi="Biến động của học sinh sau tốt nghiệp",
    columns=(
        Column("event_id", cells.code, ("Mã biến động", "Mã sự kiện"), needed=True),
        Column(
            "event",
            cells.choice(
                LifeEventKind,
                {
                    "đi làm": LifeEventKind.EMPLOYED,
                    "có việc làm": LifeEventKind.EMPLOYED,
                    "không học không làm": LifeEventKind.NEET,
                    "ở nhà": LifeEventKind.NEET,
                    "nhập ngũ": LifeEventKind.MILITARY,
                    "đi bộ đội": LifeEventKind.MILITARY,
                    "nghĩa vụ quân sự": LifeEventKind.MILITARY,
                    "nghĩa vụ công an": LifeEventKind.MILITARY,
                    "xuất khẩu lao động": LifeEventKind.ABROAD_WORK,
                    "đi làm ở nước ngoài": LifeEventKind.ABROAD_WORK,
                    "du học": LifeEventKind.ABROAD_STUDY,
                    "chuyển đi": LifeEventKind.MOVED_OUT,
                    "chuyển đi nơi khác": LifeEventKind.MOVED_OUT,
                    "chết": LifeEventKind.DECEASED,
                    "đã mất": LifeEventKind.DECEASED,
                    "ôn thi lại": LifeEventKind.RESITTING,
                    "học lại": LifeEventKind.RESITTING,
                    "trở về": LifeEventKind.RETURNED,
                },
                refused_as="unknown_event",
                what="Biến động",
            ),
            ("Biến động", "Sự kiện", "Tình trạng"),
            needed=True,
        ),
        Column("happened_on", cells.event_day, ("Ngày xảy ra", "Từ ngày", "Ngày"), needed=True),
        Column("detail", cells.text, ("Chi tiết", "Ghi chú")),
    ),
    key=lambda values: values["event_id"],
    day=lambda values: values["happened_on"],
    check=_check_life_event,
    person=True,
)


KIND_SOURCES: Mapping[str, SourceTable] = {
    "institutions": sources.INSTITUTIONS,
    "completions": sources.COMPLETIONS,
    "enrolments": sources.ENROLMENTS,
    "life-events": sources.LIFE_EVENTS,
}
"""Which table a kind is stored in."""

KINDS: tuple[Kind, ...] = (
    institutions_kind(
        layouts.INSTITUTIONS,
        sources.INSTITUTIONS,
        takes=SCHOOL_INSTITUTIONS,
        judge=commands.judge_institutions,
        in_use=commands.rows_resting_on,
    ),
    kind_of(COMPLETIONS, sources.COMPLETIONS, save=commands.save_completions),
    enrolments_kind(
        layouts.ENROLMENTS,
        sources.ENROLMENTS,
        takes=SCHOOL_PROGRAMMES,
        institutions=INSTITUTION,
        person_tables=PERSON_TABLES,
    ),
    kind_of(LIFE_EVENTS, sources.LIFE_EVENTS, save=commands.save_life_events),
)
