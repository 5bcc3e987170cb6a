"""A few hundred people on three lists, damaged here and there, gathered as a run gathers them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from random import Random

from services.linkage.files.adapting import scorer_of
from services.linkage.files.gathering import Wanted, gather
from services.linkage.files.reading import open_sources
from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs, weigh
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.model.batch import BatchScorer
from services.linkage.model.pairing import candidate_pairs

FAMILIES = ("Giàng", "Vàng", "Lò", "Nguyễn", "Vì", "Ly")
MIDDLES = ("Thị", "A", "Văn", "Mí", "Thu")
GIVEN = ("Say", "Dua", "Mỷ", "Páo", "Chung", "Hòa", "An", "Nọi", "Sếnh")
VILLAGES = ("Bản Mẫu", "Bản Hon", "Thôn 1")
HEADINGS = (
    "record_id",
    "person_id",
    "full_name",
    "sex",
    "dob",
    "ethnic_code",
    "village",
    "student_id",
    "mother_name",
    "father_name",
    "phone",
)


def write_lists(folder: Path, *, people: int, seed: int = 5) -> list[Path]:
    """Three files; about half of the people stand in each."""
    random = Random(seed)  # noqa: S311 made-up people
    known = [_person(random, number) for number in range(people)]
    paths = []
    for name in ("a", "b", "c"):
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADINGS)
            writer.writeheader()
            for number, person in enumerate(known):
                if random.random() < 0.55:
                    writer.writerow({**_damaged(random, person), "record_id": f"{name}{number}"})
        paths.append(path)
    return paths


def gathered(paths: list[Path]) -> tuple[Records, BatchScorer]:
    """The records of the files, and the scorer with their frequencies."""
    document = documents.shipped()
    blank = BatchScorer(document, frequencies.shipped(document))
    wanted = Wanted(blank.columns, blank.group)
    records = gather(open_sources(paths), wanted, today=date(2026, 11, 22), progress=lambda rows: None)
    return records, scorer_of(document, records)


def weighed(records: Records, scorer: BatchScorer) -> Pairs:
    """Every candidate pair, weighed by our own scorer."""
    left, right = candidate_pairs(records.keys)
    return weigh(records, scorer, left, right, keep=None, progress=lambda done, total: None)


def _person(random: Random, number: int) -> dict[str, str]:
    def name() -> str:
        return " ".join(map(random.choice, (FAMILIES, MIDDLES, GIVEN)))

    year, month, day = random.randint(2006, 2011), random.randint(1, 12), random.randint(1, 28)
    return {
        "person_id": f"0002{year % 100:02d}{number:06d}",
        "full_name": name(),
        "sex": random.choice("MF"),
        "dob": f"{day:02d}/{month:02d}/{year}" if random.random() < 0.8 else f"01/01/{year}",
        "ethnic_code": random.choice(("01", "03", "12", "")),
        "village": random.choice(VILLAGES),
        "student_id": f"HS{number // 2:05d}",
        "mother_name": name(),
        "father_name": name(),
        "phone": f"09{number // 3:08d}",
    }


def _damaged(random: Random, person: dict[str, str]) -> dict[str, str]:
    row = {column: "" if random.random() < 0.25 else value for column, value in person.items()}
    number, name = row["person_id"], row["full_name"]
    if random.random() < 0.2 and number:
        place = random.randrange(4, 12)
        row["person_id"] = f"{number[:place]}{random.choice('0123456789')}{number[place + 1 :]}"
    if random.random() < 0.2 and name:
        row["full_name"] = random.choice((name.upper(), name[:-1], f"Giàng {name}"))
    if random.random() < 0.2 and row["dob"]:
        row["dob"] = random.choice((row["dob"][-4:], row["dob"][3:6] + row["dob"][:3] + row["dob"][6:]))
    return row
