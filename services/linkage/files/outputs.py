"""What a links file is, and how a file is written whole or not at all.

A file is written beside its place under another name and moved there when it is complete. Other programs read
these files, so their CSV is plain UTF-8, without the byte order mark that spreadsheets for people carry.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from shared.errors import Invalid

LINKS = ("source", "record_id", "person_id", "weight_bits", "probability", "decided_by")
PAIRS = ("left_source", "left_id", "right_source", "right_id", "weight_bits", "probability")

BY_NUMBER, BY_IDENTITY, BY_REVIEW, BY_NOTHING = "number", "identity", "review", ""
"""`decided_by`: equal numbers, the rest of the identity, a person must look, nobody else was found."""


def weighed(weight_bits: float | None, probability: float | None) -> tuple[str, str]:
    """A weight and a probability as text, with six places; empty where there is none."""
    weight = "" if weight_bits is None else f"{weight_bits:.6f}"
    return weight, "" if probability is None else f"{probability:.6f}"


class CannotWrite(Invalid):
    """The place of an output is no place where a file can be."""

    code = "cannot_write"


def check_writable(path: Path) -> None:
    """Raise `CannotWrite` now rather than after minutes of work."""
    if path.is_dir():
        raise CannotWrite(f"{path} là một thư mục; hãy ghi tên một tệp .csv.")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise CannotWrite(f"Không có thư mục {folder}; hãy tạo thư mục hoặc chọn nơi khác.")
    if not os.access(path if path.exists() else folder, os.W_OK) or not os.access(folder, os.W_OK):
        raise CannotWrite(f"Không được phép ghi vào {path}; hãy chọn nơi khác.")


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that is at its place only once it is complete. Raises `CannotWrite`."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as problem:
        raise CannotWrite(f"Không ghi được {path}: {problem.strerror}.") from problem
    finally:
        draft.unlink(missing_ok=True)
