"""The whole way of a run: files in, persons out. Nothing is written here and no store is read.

repair -> features -> blocking keys -> pairs -> stage 1 -> stage 2 -> persons, as online; over columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from services.linkage import evidence as evidences
from services.linkage.clusters import Policy
from services.linkage.evidence import Evidence
from services.linkage.files.adapting import scorer_of
from services.linkage.files.deciding import Persons, decide_persons
from services.linkage.files.gathering import Wanted, gather
from services.linkage.files.reading import Source, open_sources
from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs, scores, weigh
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.model.batch import BatchScorer
from services.linkage.model.document import Document
from shared.contracts.codes import RecordKind

Progress = Callable[[str, int, int | None], None]
"""Hears what is being done, how much of it is done, and of how much (None: not known)."""

READING, WEIGHING, DECIDING = "Đọc và chuẩn hóa hồ sơ", "So sánh các cặp", "Quyết định"


@dataclass(frozen=True, slots=True)
class Model:
    """What a run weighs and decides with."""

    document: Document
    evidence: Evidence
    policy: Policy


@dataclass(frozen=True, slots=True)
class Linked:
    """A run that is done. `splink_difference`: the greatest difference of a weight to Splink's, in bits; None
    where Splink was not asked."""

    sources: list[Source]
    records: Records
    pairs: Pairs
    persons: Persons
    model: Model
    splink_difference: float | None = None


def shipped_model(*, threshold: float | None = None) -> Model:
    """The model that comes with the software; `threshold`: the least probability of a link."""
    policy = Policy()
    if threshold is not None:
        policy = Policy(link=threshold, review=min(policy.review, threshold))
    return Model(documents.shipped(), evidences.shipped(), policy)


def link_files(paths: Sequence[Path], model: Model, *, today: date, bulk: bool, progress: Progress) -> Linked:
    """Link the rows of these files. `bulk`: pairs and weights come from Splink.

    Raises `UnreadableFile`, `NoIdentity`, `SameFileTwice`, `WorkerDied`.
    """
    sources = open_sources(paths)
    blank = BatchScorer(model.document, frequencies.shipped(model.document))
    records = gather(
        sources,
        Wanted(blank.columns, blank.group),
        today=today,
        progress=lambda rows: progress(READING, rows, None),
    )
    return decide_records(sources, records, model, bulk=bulk, progress=progress)


def decide_records(
    sources: list[Source], records: Records, model: Model, *, bulk: bool, progress: Progress
) -> Linked:
    """Weigh and decide records that are gathered already."""
    scorer = scorer_of(model.document, records)
    progress(WEIGHING, 0, None)
    difference = None
    if bulk:
        pairs, difference = weigh_by_splink(records, scorer, progress)
    else:
        pairs = weigh(records, scorer, progress=lambda done, total: progress(WEIGHING, done, total))
    progress(DECIDING, 0, None)
    kinds = [source.kind for source in sources]
    policy = model.policy
    if RecordKind.COMPLETION not in kinds:
        policy = Policy(policy.link, policy.review, of_completions=False, largest=policy.largest)
    persons = decide_persons(
        records, kinds, pairs, document=scorer.document, evidence=model.evidence, policy=policy
    )
    progress(DECIDING, 1, 1)
    return Linked(sources, records, pairs, persons, model, difference)


def weigh_by_splink(records: Records, scorer: BatchScorer, progress: Progress) -> tuple[Pairs, float]:
    """Pairs and weights by Splink, levels by our scorer, and the greatest difference between the two."""
    from services.linkage.bulk.predicting import STEPS, predict  # noqa: PLC0415 Splink takes a second to import

    left, right, weight_bits = predict(records, scorer, progress=lambda step: progress(WEIGHING, step, STEPS))
    scored = scores(records, scorer, left, right, progress=lambda done, total: None)
    difference = float(np.max(np.abs(scored.weight_bits - weight_bits), initial=0.0))
    scored.weight_bits[:] = weight_bits
    return Pairs(left, right, scored), difference
