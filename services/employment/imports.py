"""What the files of employment look like: employers, vacancies, placements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.employment import employers, placements, sources, tax_codes, vacancies
from shared import vietnamese
from shared.contracts.codes import CloseReason
from shared.files import cells, checks
from shared.files.cells import Cell, Noted, Refusal
from shared.files.columns import Column
from shared.files.findings import Finding, refuse, warn
from shared.files.importing import Kind
from shared.files.layout import Layout, Values
from shared.reference import occupations
from shared.service.kinds import kind_of
from shared.service.records import SourceTable

MOST_OPENINGS = 100_000
HIGHEST_WAGE_VND_MONTH = 10**12


def _tax_code(cell: Cell, today: date) -> Any:
    raw = vietnamese.nfc(cells.written(cell)).lstrip("'’")
    if not raw:
        return None
    code = tax_codes.normalised(raw)
    if code is None:
        raise Refusal(
            "tax_code_malformed",
            "Mã số thuế phải gồm 10 chữ số, 10-3 chữ số (chi nhánh) hoặc 12 chữ số (hộ kinh doanh); hãy sửa, "
            "hoặc để trống và chỉ ghi tên.",
        )
    if not tax_codes.has_right_check_digit(code):
        return Noted(
            code, "tax_code_check_digit", "Chữ số kiểm tra của mã số thuế không khớp; hãy xem lại mã."
        )
    return code


def _occupation_findings(values: Values) -> Iterable[Finding]:
    code = values["occupation_code"]
    if code is not None and not occupations.is_known(code):
        message = "mã nghề nghiệp này không có trong danh mục VSCO 2020; vẫn lưu, hãy kiểm tra lại."
        yield warn("occupation_code", "unknown_occupation_code", message)


def _check_vacancy(values: Values, today: date) -> Iterable[Finding]:
    yield from checks.trade_findings(values["trade_code"], None)
    yield from _occupation_findings(values)
    yield from checks.not_before(
        values,
        "posted_on",
        "closed_on",
        code="closed_before_posting",
        message="Ngày đóng ở trước ngày đăng; hãy sửa một trong hai ngày.",
    )
    if values["close_reason"] is not None and values["closed_on"] is None:
        message = "có lý do đóng thì phải có ngày đóng; hãy điền ngày, hoặc để trống cả hai ô."
        yield refuse("closed_on", "closed_on_missing", message)
    low, high = values["wage_min_vnd_month"], values["wage_max_vnd_month"]
    if low is not None and high is not None and low > high:
        message = "lương thấp nhất lớn hơn lương cao nhất; vẫn lưu, hãy kiểm tra lại."
        yield warn("wage_min_vnd_month", "wage_range_reversed", message)


def _check_placement(values: Values, today: date) -> Iterable[Finding]:
    yield from _occupation_findings(values)
    yield from checks.employed_under_age(values, values["started_on"], column="started_on")
    yield from checks.born_before(
        values,
        "started_on",
        code="started_before_birth",
        message="Ngày bắt đầu làm việc ở trước ngày sinh của chính hàng này; hãy sửa một trong hai ngày.",
    )
    yield from checks.not_before(
        values,
        "started_on",
        "ended_on",
        code="ended_before_start",
        message="Ngày thôi việc ở trước ngày bắt đầu; hãy sửa một trong hai ngày.",
    )
    if values["employer_name"] is None and (values["vacancy_id"] is None or values["tax_code"] is not None):
        message = "phải có tên người sử dụng lao động; hãy điền tên."
        yield refuse("employer_name", "employer_missing", message)


def _wage(what: str) -> cells.Reader:
    return cells.whole_number(low=0, high=HIGHEST_WAGE_VND_MONTH, what=what)


_EMPLOYER_NAME = ("Tên người sử dụng lao động", "Người sử dụng lao động", "Tên doanh nghiệp", "Doanh nghiệp")
_TAX_CODE = Column("tax_code", _tax_code, ("Mã số thuế", "MST", "Mã số doanh nghiệp"))
_OCCUPATION = Column("occupation_code", cells.code, ("Mã nghề nghiệp", "Mã nghề (VSCO)", "Mã VSCO"))

EMPLOYERS = Layout(
    kind="employers",
    title_vi="Người sử dụng lao động",
    columns=(
        _TAX_CODE,
        Column("employer_name", cells.text, _EMPLOYER_NAME, needed=True),
        Column("commune_code", cells.digits_code(5), ("Mã xã", "Mã xã nơi làm việc")),
    ),
    key=lambda values: employers.Named(values["tax_code"], values["employer_name"]).key,
    communes=("commune_code",),
)

VACANCIES = Layout(
    kind="vacancies",
    title_vi="Vị trí việc làm cần tuyển",
    columns=(
        Column(
            "vacancy_id", cells.code, ("Mã vị trí", "Mã việc tìm người", "Mã tin tuyển dụng"), needed=True
        ),
        Column("employer_name", cells.text, _EMPLOYER_NAME, needed=True),
        Column(
            "title", cells.text, ("Vị trí tuyển dụng", "Tên vị trí", "Chức danh", "Công việc"), needed=True
        ),
        Column(
            "openings",
            cells.whole_number(low=1, high=MOST_OPENINGS, what="Số chỗ cần tuyển"),
            ("Số lượng cần tuyển", "Số lượng tuyển", "Số chỗ", "Số lượng"),
            needed=True,
        ),
        Column("commune_code", cells.digits_code(5), ("Mã xã nơi làm việc", "Mã xã")),
        Column("trade_code", checks.trade_code, ("Mã ngành, nghề", "Mã ngành", "Mã nghề đào tạo")),
        Column("posted_on", cells.event_day, ("Ngày đăng", "Ngày đăng tuyển"), needed=True),
        Column("closed_on", cells.event_day, ("Ngày đóng", "Ngày kết thúc")),
        Column(
            "close_reason",
            cells.choice(
                CloseReason,
                {
                    "đã tuyển đủ": CloseReason.FILLED,
                    "tuyển đủ": CloseReason.FILLED,
                    "đủ người": CloseReason.FILLED,
                    "rút": CloseReason.WITHDRAWN,
                    "doanh nghiệp rút": CloseReason.WITHDRAWN,
                    "hết hạn": CloseReason.EXPIRED,
                    "khác": CloseReason.OTHER,
                },
                refused_as="unknown_close_reason",
                what="Lý do đóng",
            ),
            ("Lý do đóng", "Lý do"),
        ),
        _OCCUPATION,
        Column("wage_min_vnd_month", _wage("Lương thấp nhất"), ("Lương thấp nhất", "Lương từ")),
        Column("wage_max_vnd_month", _wage("Lương cao nhất"), ("Lương cao nhất", "Lương đến")),
        _TAX_CODE,
    ),
    key=lambda values: values["vacancy_id"],
    day=lambda values: values["posted_on"],
    check=_check_vacancy,
    communes=("commune_code",),
)

PLACEMENTS = Layout(
    kind="placements",
    title_vi="Người được nhận vào làm",
    columns=(
        Column(
            "placement_id", cells.code, ("Mã giới thiệu", "Mã việc làm", "Mã lượt nhận việc"), needed=True
        ),
        Column("employer_name", cells.text, _EMPLOYER_NAME),
        Column(
            "started_on", cells.event_day, ("Ngày bắt đầu", "Ngày vào làm", "Ngày nhận việc"), needed=True
        ),
        Column("ended_on", cells.event_day, ("Ngày thôi việc", "Ngày nghỉ việc", "Ngày kết thúc")),
        Column("vacancy_id", cells.code, ("Mã vị trí", "Mã việc tìm người", "Mã tin tuyển dụng")),
        _OCCUPATION,
        Column("wage_vnd_month", _wage("Lương"), ("Lương", "Mức lương", "Tiền lương")),
        _TAX_CODE,
    ),
    key=lambda values: values["placement_id"],
    day=lambda values: values["started_on"],
    check=_check_placement,
    person=True,
)

KIND_SOURCES: Mapping[str, SourceTable] = {
    "employers": sources.EMPLOYERS,
    "vacancies": sources.VACANCIES,
    "placements": sources.PLACEMENTS,
}
"""Which table a kind is stored in."""

KINDS: tuple[Kind, ...] = (
    kind_of(
        EMPLOYERS,
        sources.EMPLOYERS,
        save=employers.save_employers,
        withdraw=employers.withdraw_employer,
    ),
    kind_of(
        VACANCIES,
        sources.VACANCIES,
        save=vacancies.save_vacancies,
        withdraw=vacancies.withdraw_vacancy,
    ),
    kind_of(
        PLACEMENTS,
        sources.PLACEMENTS,
        save=placements.save_placements,
        withdraw=placements.withdraw_placement,
    ),
)
