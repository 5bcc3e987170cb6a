"""What is said about a file: faults and warnings, one shape for both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a row that its sender should know.

    `row` is the sheet's row, header included; None: the file as a whole. `value` goes back to the sender
    only, never into a log. `code` is a stable word; `message` says what, where and how to mend it.
    """

    row: int | None
    column: str | None
    value: str | None
    code: str
    message: str

    def to_json(self) -> dict[str, int | str | None]:
        """The five fields, as in the answer of an import."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement over several cells of one row; `refused` false is a warning."""

    column: str | None
    code: str
    message: str
    refused: bool

    def at(self, number: int, value: str | None) -> Fault:
        """The finding as a fault of a row."""
        return fault_at(number, self.column, value, self.code, self.message)


def refuse(column: str | None, code: str, message: str) -> Finding:
    """The row cannot be stored truthfully."""
    return Finding(column, code, message, refused=True)


def warn(column: str | None, code: str, message: str) -> Finding:
    """The row is stored; its sender should look at it."""
    return Finding(column, code, message, refused=False)


def fault_at(number: int, column: str | None, value: str | None, code: str, message: str) -> Fault:
    """A fault whose message begins with its place."""
    place = f"Hàng {number}" if column is None else f"Hàng {number}, cột {column}"
    return Fault(number, column, value, code, f"{place}: {message}")
