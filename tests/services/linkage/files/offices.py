"""Files as offices send them, and `noinghe link files` over them; all people are made up."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.__main__ import SERVICES, command_line
from shared.service.command_line import status_of

Row = Mapping[str, str]

LISTED = (
    "record_id,person_id,full_name,sex,dob,ethnic_code,residence_code,village,mother_name,father_name,phone"
)

SAY = {
    "person_id": "000211012345",
    "full_name": "Giàng Thị Say",
    "sex": "F",
    "dob": "09/03/2011",
    "ethnic_code": "12",
    "village": "Bản Mẫu",
    "mother_name": "Vàng Thị Mỷ",
    "father_name": "Giàng A Sùng",
    "phone": "0912345678",
}
"""Somebody whom every file knows well."""

CHUNG = {
    "person_id": "000211054321",
    "full_name": "Vì Văn Chung",
    "sex": "M",
    "dob": "17/11/2010",
    "ethnic_code": "03",
    "village": "Bản Hon",
    "mother_name": "Lò Thị Ín",
    "father_name": "Vì Văn Pọm",
    "phone": "0987654321",
}
"""Somebody else."""


@dataclass(slots=True)
class Office:
    """A folder with files, and the command over them."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def file(self, name: str, rows: Iterable[Row], *, columns: Sequence[str] | None = None) -> Path:
        """A CSV file; columns are those of the rows in the order of their first appearance."""
        listed = list(rows)
        headings = list(columns or dict.fromkeys(column for row in listed for column in row))
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([row.get(heading, "") for heading in headings] for row in listed)
        return path

    def link(self, *files: Path, more: Sequence[str] = ()) -> Linked:
        """Run `noinghe link files`; fails the test unless it ends well."""
        status, out, err = self.run(*files, more=("--json", *more))
        assert status == 0, out + err
        return Linked(read(self.folder / "links.csv"), json.loads(out))

    def run(self, *files: Path, more: Sequence[str] = (), out: str = "links.csv") -> tuple[int, str, str]:
        """Run `noinghe link files`: exit status, standard output, standard error."""
        arguments = ["link", "files", *map(str, files), "--out", str(self.folder / out), *more]
        self.capsys.readouterr()
        status = status_of(command_line(), SERVICES, arguments)
        said = self.capsys.readouterr()
        return status, said.out, said.err


@dataclass(slots=True)
class Linked:
    """The links file as rows, and the report."""

    rows: list[dict[str, str]]
    report: dict[str, Any]

    def row(self, source: str, record_id: str) -> dict[str, str]:
        """The one row of a record."""
        (found,) = [row for row in self.rows if (row["source"], row["record_id"]) == (source, record_id)]
        return found

    def person(self, source: str, record_id: str) -> str:
        """The pseudonym of a record."""
        return self.row(source, record_id)["person_id"]

    def persons(self) -> list[list[str]]:
        """The record ids of each person of more than one record, all sorted."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row["person_id"], []).append(f"{row['source']}:{row['record_id']}")
        return sorted(sorted(records) for records in found.values() if len(records) > 1)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of(person: Row, record_id: str, **others: str) -> dict[str, str]:
    """A row of a person under a key, with other values here and there."""
    return {"record_id": record_id, **person, **others}
