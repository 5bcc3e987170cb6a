"""The identity of a person in a row: personal number, birth date, and what must be there to find anybody.

Structure of the personal number: three digits province, one century and sex, two birth year, six random;
no check digit. Sheets drop its leading zeros; what is lost is restored only where nothing can go wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared import vietnamese
from shared.contracts import Identity
from shared.contracts.codes import Sex
from shared.files import dates
from shared.files.cells import Cell, Noted, Refusal, text, written
from shared.files.findings import Finding, refuse, warn

NUMBER_LENGTH = 12
_RESTORABLE = 3
_SEPARATORS = re.compile(r"[\s.\-]")
_SCIENTIFIC = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")
_EVIDENCE = ("dob", "student_id", "phone", "mother_name", "father_name")
_NAMES = {
    "student_id": "mã học sinh",
    "phone": "điện thoại",
    "mother_name": "họ tên mẹ",
    "father_name": "họ tên cha",
}


@dataclass(frozen=True, slots=True)
class AsWritten:
    """A personal number that has lost digits for good; kept as text, to be weighed."""

    text: str


def personal_number(cell: Cell, today: date) -> str | AsWritten | None:
    """The digits of a personal number, leading zeros perhaps missing; refused with letters or too long."""
    raw = vietnamese.nfc(written(cell)).lstrip("'’")
    if not raw:
        return None
    if isinstance(cell, (int, float)) and (not math.isfinite(cell) or cell != int(cell) or cell < 0):
        raise Refusal("personal_number_malformed", _MALFORMED)
    scientific = _SCIENTIFIC.fullmatch(raw)
    if scientific:
        digits = scientific.group(1) + (scientific.group(2) or "")
        power = int(scientific.group(3))
        if len(digits) != power + 1:
            return AsWritten(raw)
    else:
        digits = _SEPARATORS.sub("", raw)
        if isinstance(cell, str) and re.fullmatch(r"[0-9]+[.,]0", raw):
            digits = raw[:-2]
    if not (digits.isascii() and digits.isdigit()):
        raise Refusal("personal_number_malformed", _MALFORMED)
    if len(digits) > NUMBER_LENGTH:
        raise Refusal(
            "personal_number_too_long",
            f"Số định danh có {len(digits)} chữ số, nhiều hơn {NUMBER_LENGTH}; hãy chép lại từ giấy tờ.",
        )
    return digits


_MALFORMED = (
    "Số định danh chỉ được gồm 12 chữ số, không có chữ cái; hãy sửa, hoặc để trống và ghi họ tên, ngày sinh."
)


def birth_date(cell: Cell, today: date) -> Any:
    """A `dates.Birth`, noted where it is odd; never refused."""
    birth = dates.parse_birth(cell, today)
    if birth is not None and birth.note is not None:
        return Noted(birth, *birth.note)
    return birth


def sex(cell: Cell, today: date) -> Any:
    """Sex from M, F, Nam, Nữ; anything else is noted and left out."""
    raw = vietnamese.nfc(written(cell))
    found = _SEXES.get(vietnamese.match_key(raw))
    if found is None and raw:
        return Noted(None, "unknown_sex", f"Không hiểu giới tính “{raw[:20]}”; hãy ghi M (nam) hoặc F (nữ).")
    return found


_SEXES = {
    "m": Sex.MALE,
    "nam": Sex.MALE,
    "male": Sex.MALE,
    "f": Sex.FEMALE,
    "nu": Sex.FEMALE,
    "female": Sex.FEMALE,
}


def phone(cell: Cell, today: date) -> Any:
    """A phone number as digits with its leading zero; other writings are kept as text."""
    raw = vietnamese.nfc(written(cell))
    digits = re.sub(r"[\s.\-()]", "", raw)
    if re.fullmatch(r"(\+84|0084)[0-9]{9,10}", digits) or re.fullmatch(r"84[0-9]{9}", digits):
        return "0" + re.sub(r"^(\+|00)?84", "", digits)
    if re.fullmatch(r"[1-9][0-9]{8}", digits):
        return "0" + digits
    return digits if digits.isascii() and digits.isdigit() else text(cell, today)


def settled(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Decide over number, sex and birth date of one row together.

    Returns the values to replace (`person_id` 12 digits or None, `person_id_as_written`, `dob` an ISO day or
    a bare year, `dob_as_written`) and what is to be said.
    """
    birth: dates.Birth | None = values["dob"]
    number, aside, findings = _restored(values["person_id"], values["sex"], birth)
    if number is not None:
        findings.extend(disagreements(number, values["sex"], birth.year if birth else None))
    settled_values = {
        "person_id": number,
        "person_id_as_written": aside,
        "dob": birth.value if birth else None,
        "dob_as_written": birth.as_written if birth else None,
    }
    if number is None and aside is None:
        findings.extend(_needs({**values, **settled_values}))
    return settled_values, findings


def disagreements(number: str, person_sex: Sex | None, birth_year: int | None) -> list[Finding]:
    """What the digits of a whole number say against the row's sex and birth year."""
    findings = []
    if person_sex is not None and _sex_of(number) is not person_sex:
        findings.append(
            warn(
                "person_id",
                "personal_number_sex",
                "Số định danh không khớp giới tính; vẫn lưu, hãy kiểm tra cả hai ô.",
            )
        )
    if birth_year is not None and _birth_year_of(number) != birth_year:
        findings.append(
            warn(
                "person_id",
                "personal_number_birth_year",
                "Số định danh không khớp năm sinh; vẫn lưu, hãy kiểm tra cả hai ô.",
            )
        )
    return findings


def identity_of(values: Mapping[str, Any], day: date | None) -> Identity:
    """The identity that a row's settled values tell; `day` is the row's day."""
    return Identity(
        personal_number=values["person_id"],
        personal_number_as_written=values["person_id_as_written"],
        full_name=values["full_name"],
        sex=values["sex"].value if values["sex"] else None,
        dob=values["dob"],
        dob_as_written=values["dob_as_written"],
        ethnic_code=values["ethnic_code"],
        residence_code=values["residence_code"],
        residence_on=day if values["residence_code"] else None,
        village=values["village"],
        student_id=values["student_id"],
        mother_name=values["mother_name"],
        father_name=values["father_name"],
        phone=values["phone"],
    )


def person_key(values: Mapping[str, Any]) -> str | None:
    """What stands for the person in a row's key; None where nothing does.

    The number, or the number as written. One that a sheet has rounded (6.2E+10) is the same for a whole
    class: it stands for a person only together with name and birth date.
    """
    number: str | None = values["person_id"]
    written_number: str | None = values["person_id_as_written"]
    if number or not written_number or written_number.isdigit():
        return number or written_number
    if not values["full_name"]:
        return None
    return " ".join([written_number, vietnamese.match_key(values["full_name"]), values["dob"] or ""]).strip()


def _restored(
    digits: str | AsWritten | None, person_sex: Sex | None, birth: dates.Birth | None
) -> tuple[str | None, str | None, list[Finding]]:
    if digits is None:
        return None, None, []
    if isinstance(digits, AsWritten):
        message = (
            "Số định danh đã bị bảng tính làm tròn (dạng 6.2E+10) nên mất chữ số; chỉ giữ nguyên văn, "
            "hãy định dạng cột là Văn bản và nhập lại."
        )
        return None, digits.text, [warn("person_id", "personal_number_rounded", message)]
    lost = NUMBER_LENGTH - len(digits)
    padded = digits.zfill(NUMBER_LENGTH)
    if lost <= 1:
        return padded, None, []
    year = birth.year if birth else None
    confirmed = (
        lost <= _RESTORABLE
        and person_sex is not None
        and year is not None
        and _sex_of(padded) is person_sex
        and _birth_year_of(padded) == year
    )
    if confirmed:
        message = (
            f"Số định danh thiếu {lost} chữ số 0 ở đầu; đã bổ sung vì khớp giới tính và năm sinh, "
            "hãy kiểm tra lại."
        )
        return padded, None, [warn("person_id", "personal_number_padded", message)]
    message = (
        f"Số định danh chỉ có {len(digits)} chữ số; chưa dùng để nhận người mà chỉ giữ nguyên văn, "
        "hãy nhập đủ 12 chữ số (định dạng cột là Văn bản)."
    )
    return None, digits, [warn("person_id", "personal_number_short", message)]


def _needs(values: Mapping[str, Any]) -> list[Finding]:
    if not values["full_name"]:
        return [
            refuse("full_name", "name_missing", "Không có số định danh thì phải có họ tên; hãy điền họ tên.")
        ]
    if not any(values[name] for name in _EVIDENCE):
        listed = ", ".join(("ngày sinh hoặc năm sinh", *_NAMES.values()))
        message = f"Không có số định danh thì ngoài họ tên phải có thêm ít nhất một trong: {listed}."
        return [refuse("full_name", "name_alone", message)]
    return []


def _sex_of(number: str) -> Sex:
    return Sex.FEMALE if int(number[3]) % 2 else Sex.MALE


def _birth_year_of(number: str) -> int:
    return 1900 + int(number[3]) // 2 * 100 + int(number[4:6])
