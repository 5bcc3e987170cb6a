"""Writes a population: a file per source, the truth, what was done to every row, and a manifest."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from bench.linkage.population.kinds import KINDS
from bench.linkage.population.making import VERSION, Population, Source

MANIFEST = "manifest.json"


def write(population: Population, folder: Path) -> dict[str, Any]:
    """Write everything into the folder, made where it is not there; returns the manifest.

    Files: `<source>.csv`, `truth.csv`, `damage.csv` (kinds of corruption per row), `institutions.csv`
    (schools and institutions the rows name, to be imported first), `manifest.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for source in population.sources:
        columns = [column.tolist() for column in source.columns.values()]
        names.append(_table(folder / f"{source.name}.csv", tuple(source.columns), zip(*columns, strict=True)))
    names.append(_table(folder / "truth.csv", ("source", "record_id", "person"), population.truth()))
    names.append(_table(folder / "damage.csv", ("source", "record_id", "kinds"), _damage(population.sources)))
    headings = ("code", "name", "kind", "commune_code", "valid_from", "valid_to")
    rows = ([row[heading] for heading in headings] for row in population.institutions)
    names.append(_table(folder / "institutions.csv", headings, rows))
    manifest = {**summary(population), "sha256": {name: _digest(folder / name) for name in names}}
    (folder / MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return manifest


def summary(population: Population) -> dict[str, Any]:
    """Version, arguments, rows, persons, true pairs and how many rows each kind of corruption changed."""
    return {
        "generator": VERSION,
        "people": len(population.people),
        "seed": population.seed,
        "intensity": population.intensity.value,
        "habits": population.habits.seed,
        "rows": {source.name: len(source) for source in population.sources},
        "persons": {source.name: len(set(source.person.tolist())) for source in population.sources},
        "pairs": {
            f"{left.name} x {right.name}": population.pairs(left.name, right.name)
            for left, right in combinations_with_replacement(population.sources, 2)
        },
        "corruptions": _counts(population.sources),
    }


def _counts(sources: Sequence[Source]) -> Mapping[str, Mapping[str, int]]:
    counts = {source.name: source.counts() for source in sources}
    return {kind.name: {name: counted[kind.name] for name, counted in counts.items()} for kind in KINDS}


def _damage(sources: Sequence[Source]) -> Iterable[tuple[str, str, str]]:
    for source in sources:
        for row, record_id in enumerate(source.columns["record_id"].tolist()):
            yield source.name, record_id, " ".join(source.damage_of(row))


def _table(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)
    return path.name


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
