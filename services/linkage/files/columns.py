"""Which columns of a file are read for linking: who somebody is, the row's own key, and facts that constrain.

Headings are those of every kind of file with a person, codes or Vietnamese, in any order. A column that is
not named here says nothing about who somebody is and is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.contracts.codes import RecordKind
from shared.files.columns import IDENTITY_COLUMNS
from shared.files.layout import heading_key

IDENTITY: tuple[str, ...] = (
    "person_id",
    "full_name",
    "sex",
    "dob",
    "ethnic_code",
    "residence_code",
    "village",
    "student_id",
    "mother_name",
    "father_name",
    "phone",
)
"""The columns of which a row must fill one to be about anybody."""

KEYS: tuple[str, ...] = ("record_id", "enrolment_id", "event_id", "placement_id")
"""The columns that name a row, the first that is filled; else the number of the row does."""

DAYS: tuple[str, ...] = ("recognised_on", "admitted_on", "happened_on", "started_on")
"""The columns that say on which day a row's codes are meant."""

_FACTS: Mapping[str, tuple[str, ...]] = {
    "school_code": ("Mã trường", "Trường (mã)"),
    "stage": ("Cấp học", "Cấp"),
    "school_year": ("Năm học",),
    "recognised_on": ("Ngày công nhận", "Ngày công nhận hoàn thành", "Ngày công nhận tốt nghiệp"),
    "enrolment_id": ("Mã nhập học", "Mã ghi danh", "Mã tuyển sinh"),
    "admitted_on": ("Ngày nhập học", "Ngày vào học", "Nhập học ngày"),
    "programme_kind": ("Loại chương trình", "Trình độ đào tạo"),
    "event_id": ("Mã biến động", "Mã sự kiện"),
    "happened_on": ("Ngày xảy ra",),
    "placement_id": ("Mã giới thiệu", "Mã việc làm", "Mã lượt nhận việc"),
    "started_on": ("Ngày bắt đầu", "Ngày vào làm", "Ngày nhận việc"),
}

PASSED_OVER: frozenset[str] = frozenset(
    heading_key(heading)
    for heading in (
        "area",
        "recognised_round",
        "institution_code",
        "trade_code",
        "left_on",
        "left_reason",
        "dual_group",
        "completed_on",
        "event",
        "detail",
        "employer_name",
        "ended_on",
        "vacancy_id",
        "occupation_code",
        "wage_vnd_month",
        "stt",
        "tt",
    )
)
"""Headings of the kinds of files that say nothing of identity: not read, and not worth a word."""


def _by_heading() -> dict[str, str]:
    headings = {column.name: (column.name, *column.headings) for column in IDENTITY_COLUMNS}
    headings.update({name: (name, *others) for name, others in _FACTS.items()})
    found: dict[str, str] = {}
    for name, known in headings.items():
        for heading in known:
            found.setdefault(heading_key(heading), name)
    return found


BY_HEADING: Mapping[str, str] = _by_heading()
"""The name of a column by the match key of every heading it goes by."""

_SIGNS_OF_KIND: tuple[tuple[RecordKind, frozenset[str]], ...] = (
    (RecordKind.PLACEMENT, frozenset({"placement_id", "started_on"})),
    (RecordKind.LIFE_EVENT, frozenset({"event_id", "happened_on"})),
    (RecordKind.ENROLMENT, frozenset({"enrolment_id", "admitted_on", "programme_kind"})),
    (RecordKind.COMPLETION, frozenset({"recognised_on", "school_year"})),
)


def places_of(headings: Sequence[str]) -> dict[str, int]:
    """The place of each known column; of two headings for one column the first is read."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = BY_HEADING.get(heading_key(heading)) if heading else None
        if name is not None:
            found.setdefault(name, place)
    return found


def kind_of(columns: Mapping[str, int]) -> RecordKind | None:
    """What kind of rows a file with these columns holds; None where it tells nothing but identities."""
    return next((kind for kind, signs in _SIGNS_OF_KIND if signs & columns.keys()), None)
