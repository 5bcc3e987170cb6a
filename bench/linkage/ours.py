"""Our own linker in bulk: Splink's predict under our document, evidence, clusters."""

from __future__ import annotations

import time

import numpy as np

from bench.linkage.answers import Answer, Deployed
from bench.linkage.judging import Floats, Ints, pairs_within
from services.linkage.clusters import Policy
from services.linkage.files.deciding import decide_persons
from services.linkage.files.linking import Model, decide_records, shipped_model
from services.linkage.files.reading import Source
from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""The link probabilities that are tried for the best clusters."""


def link(sources: list[Source], records: Records) -> Answer:
    """Pairs and weights by Splink, then evidence and persons."""
    begun = time.perf_counter()
    model = shipped_model()
    linked = decide_records(sources, records, model, bulk=True, progress=lambda *_: None)
    taken = time.perf_counter() - begun
    return answer(
        sources,
        records,
        linked.pairs,
        linked.model,
        probability=linked.persons.probability,
        root=linked.persons.root,
        seconds={"link": taken},
    )


def answer(
    sources: list[Source],
    records: Records,
    pairs: Pairs,
    model: Model,
    *,
    probability: Floats,
    root: Ints,
    seconds: dict[str, float],
) -> Answer:
    """What was decided at the declared threshold, and a way to decide at others."""
    kinds = [source.kind for source in sources]

    def persons(threshold: float) -> Ints:
        policy = Policy(threshold, min(threshold, model.policy.review), of_completions=False)
        decided = decide_persons(
            records, kinds, pairs, document=model.document, evidence=model.evidence, policy=policy
        )
        return decided.root

    left, right = pairs_within(root, records.source.astype(np.int64))
    return Answer(
        pairs.left,
        pairs.right,
        probability,
        persons=persons,
        thresholds=THRESHOLDS,
        deployed=Deployed(
            f"p ≥ {model.policy.link:g}",
            left,
            right,
            stated(pairs, probability, left, right, size=len(records)),
        ),
        seconds=seconds,
    )


def stated(pairs: Pairs, probability: Floats, left: Ints, right: Ints, *, size: int) -> Floats:
    """The probability of each of these pairs; not a number where the pair was tied through others only."""
    known = pairs.left * size + pairs.right
    asked = left * size + right
    place = np.searchsorted(known, asked)
    place[place == len(known)] = 0
    found = probability[place] if len(known) else np.zeros(len(asked))
    return np.where(known[place] == asked if len(known) else False, found, np.nan)
