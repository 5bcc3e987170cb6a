"""Our own linker online: records come one after the other in random order and are decided as they come.

Everything is held in memory: blocking keys in a dictionary, pairs as they were scored when the later record
came, with the frequencies known then. The way of a record is that of the store without the store: keys,
candidates, weight, evidence, and a new decision of every component that was touched.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.linkage.answers import Answer
from bench.linkage.judging import Ints
from bench.linkage.ours import answer
from services.linkage.clusters import Facts, Pair, decide
from services.linkage.evidence import Circumstances, people_of, relation_of, size_bits_of
from services.linkage.features import COLUMNS, Features
from services.linkage.files.deciding import decide_persons
from services.linkage.files.linking import Model, shipped_model
from services.linkage.files.preparing import MASKS
from services.linkage.files.reading import Source
from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs
from services.linkage.model import frequencies
from services.linkage.model.batch import NULL, ScoredPairs
from services.linkage.model.blocking import OVERSIZE, keys
from services.linkage.model.compiling import Scored, Scorer
from shared.contracts.codes import RecordKind

BATCH = 50
_ORDER_SEED = 77
_FIRST_COUNT = 1_000
_FULLNESS = (
    "number",
    "name",
    "birth_year",
    "sex",
    "ethnic",
    "village",
    "mother",
    "father",
    "phone",
    "student",
)


def link(sources: list[Source], records: Records) -> Answer:
    """Let the records arrive in random order; the clusters are those after the last batch."""
    model = shipped_model()
    order = np.random.default_rng(_ORDER_SEED).permutation(len(records))
    arrived = Known(model, features_of(records))
    kinds = [source.kind for source in sources]
    facts = facts_of(records, kinds)
    begun = time.perf_counter()
    for start in range(0, len(order), BATCH):
        arrived.take(order[start : start + BATCH].tolist(), facts)
    taken = time.perf_counter() - begun
    pairs = arrived.pairs()
    at_the_end = decide_persons(
        records, kinds, pairs, document=model.document, evidence=model.evidence, policy=model.policy
    )
    return answer(
        sources,
        records,
        pairs,
        model,
        probability=at_the_end.probability,
        root=np.array(arrived.root, dtype=np.int64),
        seconds={"link": taken},
    )


@dataclass(slots=True)
class Known:
    """Everything that has arrived. `root`: per position the first position of its person."""

    model: Model
    features: Sequence[Features]
    root: list[int] = field(init=False)
    scored: dict[tuple[int, int], tuple[Scored, float]] = field(default_factory=dict)
    _partners: dict[int, list[int]] = field(default_factory=dict)
    _under: dict[int, list[int]] = field(default_factory=dict)
    _counts: dict[str, Counter[str]] = field(init=False)
    _scorer: Scorer = field(init=False)
    _known: int = 0
    _count_at: int = _FIRST_COUNT

    def __post_init__(self) -> None:
        document = self.model.document
        self.root = list(range(len(self.features)))
        self._counts = {column: Counter() for column in document.frequency_columns}
        self._scorer = Scorer(document, frequencies.shipped(document))

    def take(self, batch: Sequence[int], facts: Sequence[Facts]) -> None:
        """Take these records, and decide anew whatever they touch."""
        for position in batch:
            self.weigh(position, facts)
        self._decide(batch, facts)

    def weigh(self, position: int, facts: Sequence[Facts]) -> int:
        """Weigh a new record against all candidates; returns how many there were."""
        record = self.features[position]
        own_keys = keys(record)
        candidates: set[int] = set()
        for key in own_keys:
            under = self._under.setdefault(key, [])
            if len(under) < OVERSIZE:
                candidates.update(under)
            under.append(position)
        self._count(record)
        table, floor = self.model.evidence.table, self.model.evidence.floor_bits
        bits = size_bits_of(self._known)
        own = (facts[position].source, facts[position].listing)
        for other in candidates:
            partner = self.features[other]
            scored = self._scorer.score(record, partner)
            relation = relation_of(own, (facts[other].source, facts[other].listing))
            seen = Circumstances(relation, people_of(record, partner), bits)
            evidence = table.bits(scored.weight_bits, scored.levels, scored.name_tf_bits, seen)
            if evidence >= floor:
                self.scored[min(position, other), max(position, other)] = (scored, evidence)
                self._partners.setdefault(position, []).append(other)
                self._partners.setdefault(other, []).append(position)
        return len(candidates)

    def pairs(self) -> Pairs:
        """All pairs that were kept, sorted, as arrays."""
        rows = sorted(self.scored.items())
        left = np.array([pair[0] for pair, _ in rows], dtype=np.int64)
        right = np.array([pair[1] for pair, _ in rows], dtype=np.int64)
        comparisons = len(self.model.document.comparisons)
        levels = np.array([scored.levels for _, (scored, _) in rows], dtype=np.int8)
        return Pairs(
            left,
            right,
            ScoredPairs(
                np.array([scored.weight_bits for _, (scored, _) in rows]),
                levels.reshape(len(rows), comparisons),
                np.array([scored.name_tf_bits for _, (scored, _) in rows]),
            ),
        )

    def _count(self, record: Features) -> None:
        """Count the record's values; the tables are made anew each time the known records have doubled."""
        self._known += 1
        for column, counter in self._counts.items():
            value = getattr(record, column)
            if value is not None:
                counter[value] += 1
        if self._known >= self._count_at:
            self._count_at *= 2
            document = self.model.document
            self._scorer = Scorer(document, frequencies.from_counts(document, self._counts))

    def _decide(self, batch: Sequence[int], facts: Sequence[Facts]) -> None:
        touched = self._component(batch)
        pairs = [
            Pair(facts[one].ref, facts[other].ref, scored.weight_bits, evidence, scored.levels)
            for one in touched
            for other in self._partners.get(one, ())
            if one < other
            for scored, evidence in (self.scored[one, other],)
        ]
        verdict = decide(
            {facts[one].ref: facts[one] for one in touched},
            pairs,
            policy=self.model.policy,
            evidence=self.model.evidence,
        )
        for one in touched:
            self.root[one] = int(verdict.cluster[facts[one].ref])

    def _component(self, batch: Sequence[int]) -> set[int]:
        reached = set(batch)
        waiting = list(batch)
        while waiting:
            for other in self._partners.get(waiting.pop(), ()):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached


def features_of(records: Records) -> list[Features]:
    """The rows of a run as the online scorer takes them; seals are numbers here, which compare alike."""
    whole = slice(None)
    columns: list[Sequence[object]] = []
    for column in COLUMNS:
        if column == "number_masks":
            masks = records.codes[column]
            columns.append([None if row[0] == NULL else tuple(row) for row in masks[:, :MASKS].tolist()])
        else:
            columns.append(records.values(column, whole))
    return [Features(*row) for row in zip(*columns, strict=True)]


def facts_of(records: Records, kinds: Sequence[RecordKind | None]) -> list[Facts]:
    """What constraints ask of each record; its reference is its position, so that equal sets sort alike."""
    codes: Mapping[str, Ints] = records.codes
    fullness = np.sum([codes[column] != NULL for column in _FULLNESS], axis=0).tolist()
    rows = zip(
        records.source.tolist(),
        records.listing.tolist(),
        codes["birth_year"].tolist(),
        records.happened_year.tolist(),
        codes["number"].tolist(),
        fullness,
        strict=True,
    )
    found = []
    for place, (source, listing, born, happened, number, full) in enumerate(rows):
        found.append(
            Facts(
                ref=f"{place:08d}",
                kind=str(kinds[source] or ""),
                source=str(source),
                listing=None if listing == NULL else str(listing),
                birth_year=None if born == NULL else born,
                happened_year=None if happened == NULL else happened,
                number=None if number == NULL else str(number),
                fullness=full,
                age=place,
            )
        )
    return found
