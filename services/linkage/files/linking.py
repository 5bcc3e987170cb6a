"""The whole way of a run: files in, persons out. Nothing is written here and no store is read.

repair -> features -> blocking keys -> pairs -> stage 1 -> stage 2 -> persons, as online; over columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from services.linkage import evidence as evidences
from services.linkage.clusters import Policy
from services.linkage.clusters.policy import DEFAULT_PRECISION, REVIEW_FROM, line_for
from services.linkage.evidence import Evidence
from services.linkage.files.adapting import MOST_PAIRS, fitted, scorer_of
from services.linkage.files.deciding import Floats, Persons, decide_persons, evidence_bits
from services.linkage.files.gathering import Wanted, gather
from services.linkage.files.preparing import Ints
from services.linkage.files.reading import Source, open_sources
from services.linkage.files.records import Records
from services.linkage.files.spreading import without_cycle_search
from services.linkage.files.weighing import Pairs, sampled, weigh
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.model.apart import known_apart_of_many
from services.linkage.model.batch import BatchScorer
from services.linkage.model.document import Document
from services.linkage.model.pairing import candidate_pairs
from shared.contracts.codes import RecordKind

Progress = Callable[[str, int, int | None], None]
"""Hears what is being done, how much of it is done, and of how much (None: not known)."""

_HIGHEST_LINE = 0.999

READING, WEIGHING, DECIDING = "Đọc và chuẩn hóa hồ sơ", "So sánh các cặp", "Quyết định"


@dataclass(frozen=True, slots=True)
class Model:
    """What a run weighs and decides with.

    `precision`: the line is raised until the links are, by their own probabilities, so precise; None: it is
    not raised.
    """

    document: Document
    evidence: Evidence
    policy: Policy
    precision: float | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """A run that is done. `pairs`: those that were heard, of `scored` in all. `model`: with the line that was
    taken; `raised_from`: the line before these files made it higher, else None.

    `splink_difference`: the greatest difference of a weight to Splink's, in bits; None where Splink was not
    asked.
    """

    sources: list[Source]
    records: Records
    pairs: Pairs
    scored: int
    persons: Persons
    model: Model
    splink_difference: float | None = None
    raised_from: float | None = None


def shipped_model(*, threshold: float | None = None) -> Model:
    """The model that comes with the software; `threshold`: the least probability of a link."""
    if threshold is not None:
        policy, precision = Policy(link=threshold, review=min(REVIEW_FROM, threshold)), None
    else:
        policy, precision = Policy.for_precision(DEFAULT_PRECISION), DEFAULT_PRECISION
    return Model(documents.shipped(), evidences.shipped(), policy, precision)


def link_files(
    paths: Sequence[Path],
    model: Model,
    *,
    today: date,
    bulk: bool,
    progress: Progress,
    every_pair: bool = False,
) -> Linked:
    """Link the rows of these files. `bulk`: pairs and weights come from Splink. `every_pair`: pairs of
    strangers are kept too.

    Raises `UnreadableFile`, `NoIdentity`, `SameFileTwice`, `WorkerDied`.
    """
    with without_cycle_search():
        return _link_files(paths, model, today=today, bulk=bulk, progress=progress, every_pair=every_pair)


def _link_files(
    paths: Sequence[Path], model: Model, *, today: date, bulk: bool, progress: Progress, every_pair: bool
) -> Linked:
    sources = open_sources(paths)
    blank = BatchScorer(model.document, frequencies.shipped(model.document))
    records = gather(
        sources,
        Wanted(blank.columns, blank.group),
        today=today,
        progress=lambda rows: progress(READING, rows, None),
    )
    return decide_records(sources, records, model, bulk=bulk, every_pair=every_pair, progress=progress)


def decide_records(
    sources: list[Source],
    records: Records,
    model: Model,
    *,
    bulk: bool,
    every_pair: bool = False,
    progress: Progress,
) -> Linked:
    """Weigh and decide records that are gathered already."""
    progress(WEIGHING, 0, None)
    left, right = candidate_pairs(records.keys)
    together = ~known_apart_of_many(records.codes, records.source, left, right)
    left = left[together]
    right = right[together]
    scorer = _fitted_scorer(records, model, left, right)
    count, difference = len(left), None
    if bulk:
        pairs, difference = weigh_by_splink(records, scorer, progress)
        count = len(pairs)
    else:
        floor = model.evidence.floor_bits
        pairs = weigh(
            records,
            scorer,
            left,
            right,
            keep=None if every_pair else lambda some: evidence_bits(records, some, model.evidence) >= floor,
            progress=lambda done, total: progress(WEIGHING, done, total),
        )
    progress(DECIDING, 0, None)
    kinds = [source.kind for source in sources]
    policy = replace(model.policy, of_completions=RecordKind.COMPLETION in kinds)
    decide = partial(decide_persons, records, kinds, pairs, document=scorer.document, evidence=model.evidence)
    persons, raised_from = decide(policy=policy), None
    line = _line(model, persons.probability)
    if line > policy.link:
        raised_from, policy = policy.link, replace(policy, link=line)
        persons = decide(policy=policy)
    progress(DECIDING, 1, 1)
    model = replace(model, policy=policy)
    return Linked(sources, records, pairs, count, persons, model, difference, raised_from)


def _line(model: Model, probability: Floats) -> float:
    """The line that the probabilities of these pairs ask for."""
    linked = probability[probability >= model.policy.link]
    if model.precision is None or not len(linked) or linked.mean() >= model.precision:
        return model.policy.link
    return min(line_for(model.precision, linked), _HIGHEST_LINE)


def _fitted_scorer(records: Records, model: Model, left: Ints, right: Ints) -> BatchScorer:
    """The scorer with the frequencies of these files, and m fitted to a sample of their pairs."""
    scorer = scorer_of(model.document, records)
    some = weigh(
        records,
        scorer,
        *sampled(left, right, MOST_PAIRS),
        keep=None,
        progress=lambda done, total: None,
    )
    with np.errstate(over="ignore"):
        probability = 1.0 / (1.0 + np.exp2(-evidence_bits(records, some, model.evidence)))
    document = fitted(model.document, some, probability)
    return scorer if document is model.document else BatchScorer(document, scorer.frequencies)


def weigh_by_splink(records: Records, scorer: BatchScorer, progress: Progress) -> tuple[Pairs, float]:
    """Pairs and weights by Splink, levels by our scorer, and the greatest difference between the two."""
    from services.linkage.bulk.predicting import STEPS, predict  # noqa: PLC0415 Splink takes a second to import

    left, right, weight_bits = predict(records, scorer, progress=lambda step: progress(WEIGHING, step, STEPS))
    together = ~known_apart_of_many(records.codes, records.source, left, right)
    left, right, weight_bits = left[together], right[together], weight_bits[together]
    pairs = weigh(records, scorer, left, right, keep=None, progress=lambda done, total: None)
    difference = float(np.max(np.abs(pairs.scored.weight_bits - weight_bits), initial=0.0))
    pairs.scored.weight_bits[:] = weight_bits
    return pairs, difference
