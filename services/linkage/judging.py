"""The live model at work: pairs are scored, and records with their pairs are decided.

The one place where linkage's store meets its pure parts: stage 1 (`model`), stage 2 (`evidence`) and the
decision (`clusters`). A judge is made once per version of the model and knows no database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import log2
from typing import TYPE_CHECKING, NamedTuple

from services.linkage import evidence as evidences
from services.linkage.clusters import Facts, Pair, Policy, Verdict, Words, decide
from services.linkage.evidence import Circumstances, Evidence, Share, people_of, relation_of, size_bits_of
from services.linkage.model import document as documents
from services.linkage.model import frequencies as frequency_tables
from services.linkage.model.apart import known_apart
from services.linkage.model.compiling import Scorer
from services.linkage.model.document import Document, hash_of
from services.linkage.model.frequencies import Frequencies
from services.linkage.words import Standing

if TYPE_CHECKING:
    from services.linkage.equipment import Kept

_LEAST_WEIGHT_BITS = -20.0
"""Below this match weight stage 2 is not asked: of 60,000 pairs above the floor it finds 1 to 24 there."""

_USUAL_SIZE = 100_000
_SMALLEST_STEP = -5
_YEAR_DIGITS = 4
_RULES_VERSION = "4"
"""Part of a judge's stamp: what is derived outside of the model's own files changed."""


class Match(NamedTuple):
    """A scored pair: the match weight, the name's part of it, the evidence of stage 2, the levels."""

    weight_bits: float
    name_tf_bits: float
    evidence_bits: float
    levels: tuple[int, ...]


class Judge:
    """Scores and decides under one version of the model."""

    def __init__(
        self,
        document: Document,
        frequencies: Frequencies,
        evidence: Evidence,
        *,
        size: int = _USUAL_SIZE,
        policy: Policy | None = None,
    ) -> None:
        """`size`: among about how many records pairs are found (see `size_class`).

        Raises `BadTable` where the evidence is of another structure than the document.
        """
        evidence.table.check(document)
        self.document = document
        self.frequencies = frequencies
        self.evidence = evidence
        self.policy = policy or Policy()
        self.stamp = hash_of(
            [document.settings, frequencies.hash, evidence.hash, size, self.policy.link, _RULES_VERSION]
        )
        """Changes with everything that derived tables depend on."""
        self._score = Scorer(document, frequencies).score
        self._size_bits = size_bits_of(size)

    def match(
        self, kept: Mapping[int, Kept], pairs: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], Match]:
        """The pairs of records that reach the lowest line."""
        found = {}
        score, bits, heard = self._score, self.evidence.table.bits, self.evidence.heard
        floor = self.evidence.floor_bits
        for pair in pairs:
            left, right = kept[pair[0]], kept[pair[1]]
            if known_apart(left.features, right.features, one_source=left.origin == right.origin):
                continue
            weight, levels, rarity = score(left.features, right.features)
            if weight < _LEAST_WEIGHT_BITS:
                continue
            found_bits = heard(bits(weight, levels, rarity, self._circumstances(left, right)), levels)
            if found_bits >= floor:
                found[pair] = Match(weight, rarity, found_bits, levels)
        return found

    def decide(
        self,
        kept: Mapping[int, Kept],
        pairs: Iterable[tuple[int, int, Match]],
        standing: Standing,
        *,
        parts: Mapping[int, int],
    ) -> Verdict:
        """Who is one person among these records; `parts`: a label per record (`clusters.parts`)."""
        facts = {record.ref: _facts(record) for record in kept.values()}
        made = [
            Pair(kept[one].ref, kept[other].ref, match.weight_bits, match.evidence_bits, match.levels)
            for one, other, match in pairs
        ]
        words = Words(same=standing.same, different=standing.different, alone=standing.alone)
        labels = {record.ref: parts[number] for number, record in kept.items()}
        return decide(facts, made, words, self.policy, parts=labels, evidence=self.evidence)

    def explain(self, left: Kept, right: Kept, match: Match) -> list[Share]:
        """What stage 2 adds to the weight of a pair, term by term."""
        circumstances = self._circumstances(left, right)
        return self.evidence.table.explain(match.weight_bits, match.levels, match.name_tf_bits, circumstances)

    def _circumstances(self, left: Kept, right: Kept) -> Circumstances:
        return Circumstances(
            relation_of((left.origin, left.listing), (right.origin, right.listing)),
            people_of(left.features, right.features),
            self._size_bits,
        )


def size_class(records: int) -> int:
    """About how many records there are: steps of four, so that growth asks seldom to weigh all pairs again.

    The step that is nearest on a logarithmic scale: 100,000 stands for 50,000 to 200,000.
    """
    step = round(log2(max(records, 1) / _USUAL_SIZE) / 2)
    return int(_USUAL_SIZE * 4.0 ** max(step, _SMALLEST_STEP))


SMALLEST = size_class(0)
"""Stores of this class, up to about 200 records, do not count their own frequencies."""


def shipped(
    size: int = _USUAL_SIZE, frequencies: str | None = None, *, policy: Policy | None = None
) -> Judge:
    """The judge under the model that comes with the software; `frequencies`: JSON text of others than its."""
    document = documents.shipped()
    tables = frequency_tables.shipped(document) if frequencies is None else _tables(frequencies)
    return Judge(document, tables, evidences.shipped(), size=size, policy=policy)


def from_texts(
    document: str,
    frequencies: str,
    evidence: str,
    *,
    size: int = _USUAL_SIZE,
    policy: Policy | None = None,
) -> Judge:
    """The judge under a stored version of the model: JSON texts. Raises `BadDocument`, `BadTable`."""
    return Judge(
        documents.from_json(document),
        _tables(frequencies),
        evidences.from_data(json.loads(evidence)),
        size=size,
        policy=policy,
    )


def _tables(frequencies: str) -> Frequencies:
    return frequency_tables.from_data(json.loads(frequencies))


def _facts(record: Kept) -> Facts:
    features = record.features
    return Facts(
        ref=record.ref,
        kind=record.kind,
        source=record.origin,
        listing=record.listing,
        birth_year=features.birth_year,
        happened_year=int(record.listed_on[:_YEAR_DIGITS]) if record.listed_on else None,
        number=features.number,
        fullness=sum(part is not None for part in (features.name, features.dob, features.sex)),
        age=record.first_us,
    )
