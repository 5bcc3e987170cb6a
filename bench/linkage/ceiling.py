"""The oracle in the comparison: fitted once a run on other seeds, then asked about each set.

Its populations are smaller than a set of a million; it sees more truth than anybody who links real lists.
"""

from __future__ import annotations

import pickle
import time
from pathlib import Path

from bench.linkage.answers import Answer, components
from bench.linkage.oracle import Oracle, fit
from bench.linkage.population import Intensity, Population, population
from bench.linkage.sets import SOURCES, Setting
from bench.linkage.training import Sample
from bench.linkage.training_pairs import pairs_of, records_of

FIRST_SEED = 870_001
"""Seeds of the oracle's populations: from here on, below the test seeds, used by nothing else."""

_ROUND = (
    (Intensity.NORMAL, None),
    (Intensity.DIRTY, None),
    (Intensity.NORMAL, 1),
    (Intensity.DIRTY, 1),
)
"""Intensity of each population of a round, and whether its habits are drawn (by its seed) or plain."""

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def learn(people: int, sources: int, file: Path) -> float:
    """Fit the oracle for sets of so many sources and keep it in the file; returns the seconds it took."""
    begun = time.perf_counter()
    rounds = []
    for number in range(2):
        samples = []
        for place, (intensity, drawn) in enumerate(_ROUND):
            seed = FIRST_SEED + number * len(_ROUND) + place
            made = population(
                people=people, seed=seed, intensity=intensity, habits=seed if drawn else None, sources=sources
            )
            samples.append(sample_of(made))
        rounds.append(samples)
    with file.open("wb") as stored:
        pickle.dump(fit(*rounds), stored)
    return time.perf_counter() - begun


def judge(setting: Setting, sources: int, file: Path) -> Answer:
    """The oracle's probabilities of the candidate pairs of a set; it makes the set again from its seed."""
    made = population(
        people=setting.people,
        seed=setting.seed,
        intensity=setting.intensity,
        habits=setting.habits,
        sources=max(sources, 2),
    )
    if len(made.sources) != sources:
        raise ValueError(f"a set has 2 to {len(SOURCES)} sources")
    sample = sample_of(made)
    with file.open("rb") as stored:
        oracle: Oracle = pickle.load(stored)  # noqa: S301 written by this very run
    begun = time.perf_counter()
    probability = oracle.score(sample)
    taken = time.perf_counter() - begun
    size, left, right = len(sample.records), sample.pairs.left, sample.pairs.right
    return Answer(
        left,
        right,
        probability,
        persons=lambda line: components(size, left[probability >= line], right[probability >= line]),
        thresholds=THRESHOLDS,
        seconds={"link": taken},
    )


def sample_of(made: Population) -> Sample:
    """The candidate pairs of a population."""
    records = records_of(made)
    return Sample(records, pairs_of(records))
