"""Teaches the model that is shipped: m, u and name frequencies from made-up people of several habits.

    python -m bench.linkage.shipped_model --people 20000 --write

Each set has its own seed, habits of error and intensity, and counts the same, so that no one set of error
rates is learnt. m is counted over true pairs of different sources, u over random pairs of different persons.
The levels of a household ("the parents have said it") get what phone and place still tell once both parents
agree: counted over pairs with both parents equal, true ones for m, siblings and namesakes for u. Levels that
the document fixes otherwise (the digits of a number, shared numbers) keep the values set by hand.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.linkage.population import Intensity, Source, population
from services.linkage import model
from services.linkage.features import Features, features
from services.linkage.model import document as documents
from services.linkage.model import frequencies as frequency_tables
from services.linkage.model.batch import BatchScorer, ScoredPairs
from services.linkage.model.blocking import key_table
from services.linkage.model.document import COMPARISONS, Document
from services.linkage.model.pairing import candidate_pairs
from services.linkage.model.training import Estimate, Estimates, blended, by_pairs, compared
from services.linkage.repair import repair
from services.linkage.sealing import Seal
from shared.contracts import Identity
from shared.files import persons
from shared.files.cells import Noted, Refusal

SETS: tuple[tuple[int, Intensity], ...] = (
    (101, Intensity.CLEAN),
    (102, Intensity.NORMAL),
    (103, Intensity.NORMAL),
    (104, Intensity.DIRTY),
    (105, Intensity.NORMAL),
    (106, Intensity.DIRTY),
)
"""Seed (of people and of habits) and intensity of each set. No other measurement uses these seeds."""

RANDOM_PAIRS = 1_000_000
LEAST_COUNT = 25
HOUSEHOLD_LEVELS: Mapping[str, int] = {"place": 11, "phone": 3}
_BOTH_PARENTS = 7
_TODAY = date(2026, 11, 28)
_M_STRENGTH, _U_STRENGTH = 100.0, 20_000.0

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Set:
    """One population as the model sees it: a row, a person and a source per record."""

    rows: list[Features]
    person: Ints
    source: Ints


def identities(source: Source) -> Iterator[Identity]:
    """Who each row of a source is about, read as an import reads it; what cannot be read is left out."""
    for row, day in zip(source.rows(), source.day.tolist(), strict=True):
        values: dict[str, Any] = {name: cell or None for name, cell in row.items()}
        values["person_id"] = _read(persons.personal_number, row["person_id"])
        values["dob"] = _read(persons.birth_date, row["dob"])
        values["sex"] = _read(persons.sex, row["sex"])
        values["phone"] = _read(persons.phone, row["phone"])
        settled, _ = persons.settled(values)
        yield persons.identity_of(values | settled, day)


def _read(reader: Any, cell: str) -> Any:
    try:
        value = reader(cell, _TODAY)
    except Refusal:
        return None
    return value.value if isinstance(value, Noted) else value


def _set(seed: int, intensity: Intensity, people: int) -> _Set:
    made = population(people=people, seed=seed, intensity=intensity, habits=seed)
    seal = Seal(bytes(32))
    rows, person, where = [], [], []
    for number, source in enumerate(made.sources):
        for identity, who in zip(identities(source), source.person.tolist(), strict=True):
            repaired = repair(identity)
            sealed = seal.number(repaired.number) if repaired.number else None
            hint = seal.number(repaired.number_hint) if repaired.number_hint else None
            rows.append(features(repaired, sealed, hint=hint))
            person.append(who)
            where.append(number)
    return _Set(rows, np.array(person), np.array(where))


def _pairs_of_persons(made: _Set) -> tuple[Ints, Ints]:
    """Every pair of records of one person in two sources."""
    left, right = candidate_pairs((made.person + 1)[:, None], made.source)
    return left, right


def _random_pairs(made: _Set, seed: int) -> tuple[Ints, Ints]:
    left, right = np.random.default_rng(seed).integers(0, len(made.rows), size=(2, RANDOM_PAIRS))
    apart = made.person[left] != made.person[right]
    return left[apart], right[apart]


def _mean(estimates: list[Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """The mean of the shares, each set counting the same; the pairs are summed."""
    found = {}
    for name in COMPARISONS:
        some = [estimate[name] for estimate in estimates if name in estimate]
        shares = {level: float(np.mean([one.shares[level] for one in some])) for level in some[0].shares}
        found[name] = Estimate(shares, sum(one.pairs for one in some))
    return found


def _household(scored: ScoredPairs, same: npt.NDArray[np.bool_]) -> dict[str, tuple[int, int, int, int]]:
    """Per comparison, of pairs with both parents equal: held and known, of one person and of two."""
    both = scored.levels[:, COMPARISONS.index("parents")] == _BOTH_PARENTS
    found = {}
    for name, value in HOUSEHOLD_LEVELS.items():
        levels = scored.levels[:, COMPARISONS.index(name)]
        known = both & (levels >= 0)
        held = known & (levels == value)
        counts = (held & same, known & same, held & ~same, known & ~same)
        found[name] = tuple(int(np.count_nonzero(count)) for count in counts)
    return found  # type: ignore[return-value]


def taught(document: Document, people: int) -> tuple[Document, dict[str, Any]]:
    """The document with the values learnt, and the shipped frequency tables."""
    m, u = [], []
    counts = frequency_tables.no_counts(document)
    households: dict[str, list[tuple[int, int, int, int]]] = {name: [] for name in HOUSEHOLD_LEVELS}
    size = 0
    for seed, intensity in SETS:
        made = _set(seed, intensity, people)
        size += len(made.rows)
        frequency_tables.count(counts, made.rows)
        scorer = BatchScorer(document, frequency_tables.from_records(document, made.rows))
        encoded = scorer.encode(made.rows)
        m.append(by_pairs(document, scorer.score(encoded, *_pairs_of_persons(made)), None).m)
        u.append(by_pairs(document, None, scorer.score(encoded, *_random_pairs(made, seed))).u)
        left, right = candidate_pairs(key_table(made.rows))
        scored = scorer.score(encoded, left, right)
        for name, found in _household(scored, made.person[left] == made.person[right]).items():
            households[name].append(found)
        print(f"{seed} {intensity}: {len(made.rows)} records", flush=True)
    learnt = blended(
        document,
        Estimates(_mean(m), _mean(u)),
        version=document.version,
        m_strength=_M_STRENGTH,
        u_strength=_U_STRENGTH,
    )
    return _with_households(learnt, households), _tables(document, counts, size)


def _with_households(
    document: Document, households: Mapping[str, list[tuple[int, int, int, int]]]
) -> Document:
    settings: dict[str, Any] = deepcopy(dict(document.settings))
    for entry, comparison in zip(settings["comparisons"], document.comparisons, strict=True):
        for raw, level in zip(entry["comparison_levels"], comparison.levels, strict=True):
            if HOUSEHOLD_LEVELS.get(comparison.name) == level.value:
                m_held, m_known, u_held, u_known = np.array(households[comparison.name]).sum(axis=0).tolist()
                raw["m_probability"] = round((m_held + 1) / (m_known + 2), 4)
                raw["u_probability"] = round((u_held + 1) / (u_known + 2), 4)
    return documents.from_settings(settings)


STARTS: Mapping[str, Any] = {
    "dob": {"floor_bits": 12.0, "bits": {f"{year}-01-01": 9.0 for year in range(1980, 2021)}},
    "home": {"floor_bits": 8.0, "bits": {}},
    "commune": {"floor_bits": 5.0, "bits": {}},
}
"""What a store is told of birth dates and places until it counts its own: a dozen cohorts, in each
1 January eight times as common as another day, a district with some thirty communes of eight villages."""


def _tables(document: Document, counts: Mapping[str, Counter[str]], size: int) -> dict[str, Any]:
    tables = {}
    for column in ("name", "mother", "father"):
        total = sum(counts[column].values())
        bits = {
            value: round(float(-np.log2(count / total)), 3)
            for value, count in sorted(counts[column].items())
            if count >= LEAST_COUNT
        }
        tables[column] = {
            "floor_bits": round(float(np.log2(total / frequency_tables.SEEN_ONCE)), 3),
            "bits": bits,
        }
    return {"model": document.version, "size": size, "tables": {**tables, **STARTS}}


def main() -> None:
    """Teach, print the comparison with the shipped document and, if asked, write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    before = documents.shipped()
    after, tables = taught(before, asked.people)
    for change in compared(before, after):
        print(
            f"{change.comparison:12} {change.level:2} {change.label[:52]:52} "
            f"m {change.m:8.2g} u {change.u:8.2g} bits {change.live_bits:6.1f} -> {change.bits:6.1f}"
        )
    if asked.write:
        folder = Path(model.__file__).parent
        (folder / "settings.json").write_text(after.to_json(), encoding="utf-8")
        text = json.dumps(tables, ensure_ascii=False, indent=0, sort_keys=True)
        (folder / "frequencies.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
