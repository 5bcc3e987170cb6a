"""What one cell means: a value, a value with a warning, or a refusal.

A reader is a function of the cell and today's date. It returns the value (None for an empty cell), wraps
it in `Noted` where the sender should know something, and raises `Refusal` where nothing truthful can be
stored. What is repaired silently is repaired here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from shared import vietnamese
from shared.files import dates

Cell: TypeAlias = str | int | float | bool | date | datetime | None
"""What a sheet or a JSON item can hold in one place."""

Reader: TypeAlias = Callable[[Any, date], Any]
"""Reads a cell; the second argument is today."""

LONG_TEXT = 200
TOO_LONG_TEXT = 2000


class Refusal(Exception):
    """The cell cannot be stored truthfully. `message` says what is wrong and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Noted:
    """A value that is kept, with what the sender should know about it."""

    value: Any
    code: str
    message: str


def written(cell: Cell) -> str:
    """The cell as text, as a person would read it in the sheet."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if math.isfinite(cell) and cell == int(cell) and abs(cell) < 1e15:
            return str(int(cell))
        return repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    raise Refusal("wrong_type", "Giá trị phải là chữ, số hoặc ngày; hãy gửi một giá trị đơn.")


def text(cell: Cell, today: date) -> Any:
    """Free text: NFC, single spaces, no invisible characters; None when empty."""
    raw = written(cell)
    value = vietnamese.nfc(raw)
    if not value:
        return None
    if len(value) > TOO_LONG_TEXT:
        raise Refusal("text_too_long", f"Nội dung dài quá {TOO_LONG_TEXT} ký tự; hãy viết ngắn lại.")
    if not raw.isascii():
        if vietnamese.has_lookalikes(value):
            return Noted(
                value,
                "lookalike_letters",
                "Có chữ cái không thuộc bảng chữ Latinh (trông giống nhưng là chữ Kirin hoặc Hy Lạp); "
                "hãy gõ lại ô này bằng bàn phím tiếng Việt.",
            )
        if vietnamese.has_invisible(raw):
            return Noted(value, "invisible_characters", "Đã bỏ các ký tự ẩn trong ô; hãy xem lại nội dung.")
    if len(value) > LONG_TEXT:
        return Noted(value, "long_text", f"Nội dung dài hơn {LONG_TEXT} ký tự; hãy xem có dán nhầm không.")
    return value


def person_name(cell: Cell, today: date) -> Any:
    """A person's name: as `text`, and the usual case where all letters were capitals."""
    value = text(cell, today)
    if isinstance(value, Noted):
        return Noted(vietnamese.person_case(value.value), value.code, value.message)
    return None if value is None else vietnamese.person_case(value)


def code(cell: Cell, today: date) -> Any:
    """A code or key: text without spaces around it; whole numbers lose their ".0"."""
    value = vietnamese.nfc(written(cell))
    if len(value) > LONG_TEXT:
        raise Refusal("text_too_long", f"Mã dài quá {LONG_TEXT} ký tự; hãy kiểm tra lại cột.")
    if value.isascii():
        return value or None
    if vietnamese.has_lookalikes(value):
        return Noted(
            value,
            "lookalike_letters",
            "Mã có chữ cái Kirin hoặc Hy Lạp trông giống chữ Latinh; hãy gõ lại mã này.",
        )
    return value


def digits_code(width: int) -> Reader:
    """A code of `width` digits whose leading zeros a sheet may have dropped."""

    def read(cell: Cell, today: date) -> Any:
        value = code(cell, today)
        if isinstance(value, str) and value.isdecimal() and len(value) < width:
            return value.zfill(width)
        return value

    return read


def event_day(cell: Cell, today: date) -> Any:
    """A day on which something happened; warned when it lies ahead, refused when it is impossible."""
    value = validity_day(cell, today)
    if value is not None and value > today:
        return Noted(
            value,
            "date_after_today",
            f"Ngày {value:%d/%m/%Y} ở sau hôm nay ({today:%d/%m/%Y}); vẫn lưu, hãy xem lại năm.",
        )
    return value


def validity_day(cell: Cell, today: date) -> date | None:
    """A first or last day, which may well lie ahead; refused when it is impossible."""
    if cell is None or cell == "":
        return None
    try:
        return dates.parse_day(cell, today)
    except dates.NotADay as problem:
        raise Refusal(problem.code, problem.message) from None


def whole_number(*, low: int = 0, high: int = 10**12, what: str = "Số") -> Reader:
    """A whole number within bounds; "1.234" and "1.234,0" are read the Vietnamese way."""

    def read(cell: Cell, today: date) -> int | None:
        raw = vietnamese.nfc(written(cell))
        if not raw:
            return None
        number = _whole(raw)
        if number is None or not low <= number <= high:
            raise Refusal(
                "not_a_number", f"{what} phải là số nguyên từ {low} đến {high}; hãy sửa giá trị “{raw[:40]}”."
            )
        return number

    return read


E = TypeVar("E", bound=StrEnum)


def choice(
    options: type[E],
    words: Mapping[str, E],
    *,
    refused_as: str,
    what: str,
    otherwise: E | None = None,
) -> Reader:
    """One of a code list, in any case, or one of the Vietnamese `words`, marks or not.

    An unknown word is refused, or noted and read as `otherwise`.
    """
    table: dict[str, E] = {_choice_key(option.value): option for option in options}
    table.update({_choice_key(word): option for word, option in words.items()})
    listed = ", ".join(option.value for option in options)

    def read(cell: Cell, today: date) -> Any:
        raw = vietnamese.nfc(written(cell))
        if not raw:
            return None
        found = table.get(_choice_key(raw))
        if found is None and otherwise is not None:
            message = f"{what} “{raw[:40]}” không có trong danh mục; đã ghi là {otherwise.value}."
            return Noted(otherwise, refused_as, message)
        if found is None:
            raise Refusal(
                refused_as, f"{what} “{raw[:40]}” không có trong danh mục; hãy dùng một trong: {listed}."
            )
        return found

    return read


def _choice_key(word: str) -> str:
    return re.sub(r"[\s_\-–]", "", vietnamese.match_key(word))


def _whole(raw: str) -> int | None:
    compact = raw.replace(" ", "")
    if re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,0+)?", compact):
        compact = compact.replace(".", "").split(",")[0]
    elif re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+", compact):
        compact = compact.replace(",", "")
    elif re.fullmatch(r"[+-]?[0-9]+[.,]0+", compact):
        compact = re.split(r"[.,]", compact)[0]
    return int(compact) if re.fullmatch(r"[+-]?[0-9]{1,18}", compact) and compact.isascii() else None
