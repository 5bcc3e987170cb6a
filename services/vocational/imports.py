"""What the files of vocational look like: programmes and intakes; institutions and enrolments in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from services.vocational import commands, sources
from services.vocational.models import INSTITUTION, PERSON_TABLES
from shared.contracts.codes import VOCATIONAL_INSTITUTIONS, VOCATIONAL_PROGRAMMES
from shared.files import cells, checks, layouts
from shared.files.columns import Column
from shared.files.findings import Finding, refuse
from shared.files.importing import Kind
from shared.files.layout import Layout, Values
from shared.service.enrolments import enrolments_kind
from shared.service.institutions import institutions_kind
from shared.service.kinds import kind_of
from shared.service.records import SourceTable

MOST_SEATS = 100_000


def _check_programme(values: Values, today: date) -> Iterable[Finding]:
    kind = values["programme_kind"]
    if kind is not None and kind not in VOCATIONAL_PROGRAMMES:
        listed = ", ".join(sorted(VOCATIONAL_PROGRAMMES))
        message = f"chương trình nghề phải thuộc một trong các loại {listed}; hãy sửa loại chương trình."
        yield refuse("programme_kind", "unknown_programme_kind", message)
        return
    yield from checks.trade_findings(values["trade_code"], kind)
    yield from checks.not_before(
        values,
        "valid_from",
        "valid_to",
        code="valid_to_before_valid_from",
        message="Ngày hết tuyển sinh ở trước ngày bắt đầu; hãy sửa một trong hai ngày.",
    )


PROGRAMMES = Layout(
    kind="programmes",
    title_vi="Chương trình đào tạo nghề",
    columns=(
        Column("programme_id", cells.code, ("Mã chương trình",), needed=True),
        Column("institution_code", cells.code, ("Mã cơ sở đào tạo", "Mã cơ sở", "Mã trường"), needed=True),
        Column(
            "programme_kind",
            layouts.read_programme_kind,
            ("Loại chương trình", "Trình độ", "Trình độ đào tạo"),
            needed=True,
        ),
        Column("trade_code", checks.trade_code, ("Mã ngành, nghề", "Mã ngành", "Mã nghề"), needed=True),
        Column("name", cells.text, ("Tên ngành, nghề", "Tên ngành", "Tên nghề")),
        Column("valid_from", cells.validity_day, ("Tuyển sinh từ", "Hiệu lực từ", "Từ ngày")),
        Column("valid_to", cells.validity_day, ("Tuyển sinh đến", "Hiệu lực đến", "Đến ngày")),
    ),
    key=lambda values: values["programme_id"],
    day=lambda values: values["valid_from"],
    check=_check_programme,
)

INTAKES = Layout(
    kind="intakes",
    title_vi="Khóa tuyển sinh",
    columns=(
        Column("intake_id", cells.code, ("Mã khóa", "Mã khóa tuyển sinh", "Mã lớp"), needed=True),
        Column("programme_id", cells.code, ("Mã chương trình",), needed=True),
        Column("opens_on", cells.validity_day, ("Ngày khai giảng", "Khai giảng"), needed=True),
        Column(
            "seats",
            cells.whole_number(low=1, high=MOST_SEATS, what="Số chỗ"),
            ("Chỉ tiêu", "Số chỗ"),
            needed=True,
        ),
    ),
    key=lambda values: values["intake_id"],
    day=lambda values: values["opens_on"],
)

KIND_SOURCES: Mapping[str, SourceTable] = {
    "institutions": sources.INSTITUTIONS,
    "programmes": sources.PROGRAMMES,
    "intakes": sources.INTAKES,
    "enrolments": sources.ENROLMENTS,
}
"""Which table a kind is stored in."""

KINDS: tuple[Kind, ...] = (
    institutions_kind(
        layouts.INSTITUTIONS,
        sources.INSTITUTIONS,
        takes=VOCATIONAL_INSTITUTIONS,
        judge=commands.accept_all_institutions,
        in_use=commands.rows_resting_on,
    ),
    kind_of(
        PROGRAMMES,
        sources.PROGRAMMES,
        save=commands.save_programmes,
        withdraw=commands.withdraw_programme,
    ),
    kind_of(INTAKES, sources.INTAKES, save=commands.save_intakes),
    enrolments_kind(
        layouts.ENROLMENTS,
        sources.ENROLMENTS,
        takes=VOCATIONAL_PROGRAMMES,
        institutions=INSTITUTION,
        person_tables=PERSON_TABLES,
    ),
)
