"""The layouts that two services share: institutions and enrolments.

Rows go to school or to vocational by `kind` and `programme_kind`; the file is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from shared.contracts.codes import InstitutionKind, LeftReason, ProgrammeKind
from shared.files import cells, checks, persons
from shared.files.columns import Column
from shared.files.findings import Fault, Finding, fault_at, warn
from shared.files.layout import Layout, Row, Values


def institution_key(values: Values) -> str:
    """The key of an institution: code/valid_from; nothing behind the slash when it holds since always."""
    valid_from = values["valid_from"]
    return f"{values['code']}/{valid_from.isoformat() if valid_from else ''}"


def _check_institution(values: Values, today: date) -> Iterator[Finding]:
    return checks.not_before(
        values,
        "valid_from",
        "valid_to",
        code="valid_to_before_valid_from",
        message="Ngày hết hiệu lực ở trước ngày bắt đầu; hãy sửa một trong hai ngày.",
    )


def _check_enrolment(values: Values, today: date) -> Iterator[Finding]:
    yield from checks.trade_findings(values["trade_code"], values["programme_kind"])
    yield from checks.not_before(
        values,
        "admitted_on",
        "left_on",
        code="left_before_admission",
        message="Ngày thôi học ở trước ngày nhập học; hãy sửa một trong hai ngày.",
    )
    yield from checks.not_before(
        values,
        "admitted_on",
        "completed_on",
        code="completed_before_admission",
        message="Ngày hoàn thành ở trước ngày nhập học; hãy sửa một trong hai ngày.",
    )
    yield from checks.born_before(
        values,
        "admitted_on",
        code="admitted_before_birth",
        message="Ngày nhập học ở trước ngày sinh của chính hàng này; hãy sửa một trong hai ngày.",
    )
    if values["left_reason"] is not None and values["left_on"] is None and values["completed_on"] is None:
        message = "Có lý do thôi học nhưng không có ngày thôi học; vẫn lưu như đang học, hãy bổ sung ngày."
        yield warn("left_reason", "left_reason_without_day", message)


def _check_halves(rows: Sequence[Row]) -> Iterator[Fault]:
    """Warn of a 9+ of which the file holds one half only: continuing education, or the trade."""
    halves: dict[tuple[str, str], dict[ProgrammeKind, int]] = {}
    for row in rows:
        group = row.values["dual_group"]
        if group:
            person = persons.person_key(row.values) or row.values["full_name"]
            halves.setdefault((group, person), {}).setdefault(row.values["programme_kind"], row.number)
    for (group, _), found in halves.items():
        if ProgrammeKind.GDTX in found and ProgrammeKind.TC in found:
            continue
        other = "trung cấp (TC)" if ProgrammeKind.GDTX in found else "GDTX"
        message = (
            f"Nhóm 9+ “{group[:40]}” trong tệp này chưa có nửa {other} của cùng người; vẫn lưu, "
            "hãy gửi nốt nửa kia nếu chưa gửi."
        )
        yield fault_at(min(found.values()), "dual_group", group, "dual_half_missing", message)


PROGRAMME_WORDS = {
    "Trung học phổ thông": ProgrammeKind.THPT,
    "Giáo dục thường xuyên": ProgrammeKind.GDTX,
    "Đại học": ProgrammeKind.DH,
    "ĐH": ProgrammeKind.DH,
    "Sơ cấp": ProgrammeKind.SC,
    "Trung cấp": ProgrammeKind.TC,
    "Trung học nghề": ProgrammeKind.THN,
    "Cao đẳng": ProgrammeKind.CD,
    "CĐ": ProgrammeKind.CD,
    "Dưới 3 tháng": ProgrammeKind.DTTX,
    "Đào tạo dưới 3 tháng": ProgrammeKind.DTTX,
    "Đào tạo thường xuyên": ProgrammeKind.DTTX,
}
"""Vietnamese words for the kinds of programmes, beside their codes."""

read_programme_kind = cells.choice(
    ProgrammeKind, PROGRAMME_WORDS, refused_as="unknown_programme_kind", what="Loại chương trình"
)

INSTITUTIONS = Layout(
    kind="institutions",
    title_vi="Trường và cơ sở đào tạo",
    columns=(
        Column(
            "code", cells.code, ("Mã trường", "Mã cơ sở", "Mã cơ sở GDNN", "Mã đơn vị", "Mã"), needed=True
        ),
        Column("name", cells.text, ("Tên trường", "Tên cơ sở", "Tên đơn vị", "Tên", "Trường"), needed=True),
        Column(
            "kind",
            cells.choice(
                InstitutionKind,
                {
                    "Trung học cơ sở": InstitutionKind.THCS,
                    "Tiểu học và Trung học cơ sở": InstitutionKind.TH_THCS,
                    "PTDTBT": InstitutionKind.PTDTBT_THCS,
                    "Phổ thông dân tộc bán trú THCS": InstitutionKind.PTDTBT_THCS,
                    "Trung học phổ thông": InstitutionKind.THPT,
                    "Trung học cơ sở và Trung học phổ thông": InstitutionKind.THCS_THPT,
                    "Phổ thông dân tộc nội trú": InstitutionKind.PTDTNT,
                    "Đại học": InstitutionKind.DH,
                    "ĐH": InstitutionKind.DH,
                    "Cao đẳng": InstitutionKind.CD,
                    "CĐ": InstitutionKind.CD,
                    "Trung cấp": InstitutionKind.TC,
                    "Trung học nghề": InstitutionKind.THN,
                    "Trung tâm GDNN-GDTX": InstitutionKind.GDNN_GDTX,
                    "TTGDNN-GDTX": InstitutionKind.GDNN_GDTX,
                },
                refused_as="unknown_institution_kind",
                what="Loại cơ sở",
            ),
            ("Loại trường", "Loại cơ sở", "Loại hình", "Loại", "Cấp học"),
            needed=True,
        ),
        Column("commune_code", cells.digits_code(5), ("Mã xã", "Mã xã phường", "Mã phường xã", "Mã ĐVHC")),
        Column(
            "valid_from",
            cells.validity_day,
            ("Hiệu lực từ", "Từ ngày", "Có hiệu lực từ ngày", "Ngày bắt đầu"),
        ),
        Column(
            "valid_to", cells.validity_day, ("Hiệu lực đến", "Đến ngày", "Hết hiệu lực ngày", "Ngày kết thúc")
        ),
    ),
    key=institution_key,
    day=lambda values: values["valid_from"],
    check=_check_institution,
    communes=("commune_code",),
)

ENROLMENTS = Layout(
    kind="enrolments",
    title_vi="Nhập học",
    columns=(
        Column("enrolment_id", cells.code, ("Mã nhập học", "Mã ghi danh", "Mã tuyển sinh"), needed=True),
        Column(
            "programme_kind",
            read_programme_kind,
            ("Loại chương trình", "Chương trình", "Trình độ", "Trình độ đào tạo", "Hệ đào tạo", "Hệ"),
            needed=True,
        ),
        Column(
            "institution_code",
            cells.code,
            ("Mã cơ sở đào tạo", "Mã cơ sở", "Mã trường", "Mã cơ sở GDNN", "Nơi học (mã)"),
            needed=True,
        ),
        Column(
            "trade_code",
            checks.trade_code,
            ("Mã ngành, nghề", "Mã ngành", "Mã nghề", "Mã ngành nghề đào tạo"),
        ),
        Column(
            "admitted_on", cells.event_day, ("Ngày nhập học", "Ngày vào học", "Nhập học ngày"), needed=True
        ),
        Column("left_on", cells.event_day, ("Ngày thôi học", "Ngày nghỉ học", "Ngày rời")),
        Column(
            "left_reason",
            cells.choice(
                LeftReason,
                {
                    "Hoàn thành": LeftReason.COMPLETED,
                    "Tốt nghiệp": LeftReason.COMPLETED,
                    "Hoàn thành khóa học": LeftReason.COMPLETED,
                    "Bỏ học": LeftReason.DROPOUT,
                    "Thôi học": LeftReason.DROPOUT,
                    "Nghỉ học": LeftReason.DROPOUT,
                    "Chuyển trường": LeftReason.TRANSFERRED,
                    "Chuyển đi": LeftReason.TRANSFERRED,
                    "Chuyển nơi học": LeftReason.TRANSFERRED,
                    "Buộc thôi học": LeftReason.EXPELLED,
                    "Khác": LeftReason.OTHER,
                },
                refused_as="unknown_left_reason",
                what="Lý do thôi học",
                otherwise=LeftReason.OTHER,
            ),
            ("Lý do thôi học", "Lý do nghỉ học", "Lý do"),
        ),
        Column(
            "completed_on",
            cells.event_day,
            ("Ngày hoàn thành", "Ngày hoàn thành khóa học", "Ngày tốt nghiệp"),
        ),
        Column("dual_group", cells.code, ("Nhóm 9+", "Nhóm học song song", "Mã nhóm 9+", "Ghép 9+")),
    ),
    key=lambda values: values["enrolment_id"],
    day=lambda values: values["admitted_on"],
    check=_check_enrolment,
    check_all=_check_halves,
    person=True,
)
