"""Learns m and u anew, by Splink itself, and holds the result back until a person accepts it.

u by random sampling, m by expectation maximisation under several training rules, each of which leaves out the
comparisons that use its columns (Splink, `EMTrainingSession`). What a file says is then blended with what the
live document says, by pseudo-counts: `(n * estimate + strength * live) / (n + strength)`, n being the pairs
that the estimate stands on. So a commune of three hundred pupils moves the model a little, a province moves
it to where its own data are. Levels that the document fixes keep their values, and so does the prior: the
calibration of probabilities stands on it.

Reviewed pairs can teach as well: `by_pairs` counts the levels of pairs known to be one person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from splink import DuckDBAPI, Linker

from services.linkage.features import Features
from services.linkage.model.batch import BatchScorer, ScoredPairs
from services.linkage.model.blocking import key_table
from services.linkage.model.document import COMPARISONS, Document, from_settings
from services.linkage.model.frequencies import Frequencies, from_records
from services.linkage.model.pairing import candidate_pairs
from services.linkage.model.tables import load_records, register_frequencies
from shared.errors import Invalid

M_STRENGTH = 500.0
"""How many true pairs the live m of a comparison counts as."""

U_STRENGTH = 200_000.0
"""How many random pairs the live u of a comparison counts as."""

TRAINING_RULES: tuple[str, ...] = (
    "l.number = r.number",
    "l.name = r.name AND l.birth_year = r.birth_year",
    "l.dob = r.dob AND l.commune = r.commune",
    "l.phone = r.phone AND l.given = r.given",
)
"""Together they leave every comparison free at least once."""

RANDOM_PAIRS = 2_000_000
MOST_EM_PAIRS = 2_000_000
FEWEST_RECORDS = 50
FEWEST_MATCHES = 20
"""Expected true pairs below which m is not learnt: expectation maximisation would follow chance."""

KNOWN_SAMPLE = 100_000

_LEAST_M, _LEAST_U = 2e-3, 1e-6  # what a sample never showed is rare, not impossible
_SEED = 20_261

Levels = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The shares of the levels of one comparison among `pairs` pairs (a count, or a sum of probabilities)."""

    shares: Levels
    pairs: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """What some data say of m and u, per comparison; one that the data are silent about is absent."""

    m: Mapping[str, Estimate]
    u: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Change:
    """What the candidate says of a level, beside what the live document says; bits are log2(m/u)."""

    comparison: str
    level: int
    label: str
    fixed: bool
    live_m: float
    live_u: float
    live_bits: float
    m: float
    u: float
    bits: float


@dataclass(frozen=True, slots=True)
class Session:
    """One run of expectation maximisation: its rule, what it estimated, how long, or why it failed."""

    rule: str
    comparisons: tuple[str, ...] = ()
    iterations: int = 0
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate that is not live. `expected_matches`: the sum of probabilities of the candidate pairs."""

    document: Document
    live: Document
    records: int
    candidate_pairs: int
    expected_matches: float
    sessions: tuple[Session, ...] = field(default=())

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every level but the null ones, in the order of the document."""
        return compared(self.live, self.document)

    @property
    def prior(self) -> float:
        """The share of true pairs among all pairs of the records, as the live model sees it; only told."""
        return self.expected_matches / max(1.0, self.records * (self.records - 1) / 2)


class TooFew(Invalid):
    """There are too few records to learn anything from."""

    def __init__(self) -> None:
        super().__init__(f"Cần ít nhất {FEWEST_RECORDS} bản ghi để huấn luyện lại mô hình.")


class TooFewPairs(Invalid):
    """There are records enough, but hardly two of one person: nothing can be said of m."""

    def __init__(self) -> None:
        super().__init__(
            f"Cần khoảng {FEWEST_MATCHES} cặp bản ghi của cùng một người để huấn luyện lại mô hình; kho này "
            "chưa đủ."
        )


def train(
    document: Document,
    records: Iterable[Features],
    *,
    version: str,
    rules: Sequence[str] = TRAINING_RULES,
    random_pairs: int = RANDOM_PAIRS,
    seed: int = _SEED,
) -> Trained:
    """Learn from these records and blend with the live `document`; the candidate has the given version.

    `random_pairs`: how many are drawn for u.
    Deterministic for equal records in equal order. Raises `TooFew` for fewer than `FEWEST_RECORDS`,
    `TooFewPairs` where the live model expects fewer than `FEWEST_MATCHES` true pairs among them, or where
    they are too few for every rule.
    """
    rows = list(records)
    if len(rows) < FEWEST_RECORDS:
        raise TooFew
    frequencies = from_records(document, rows)
    scorer = BatchScorer(document, frequencies)
    encoded = scorer.encode(rows)
    left, right = candidate_pairs(key_table(rows))
    scored = scorer.score(encoded, left, right)
    probabilities = _probabilities(scored)
    if float(probabilities.sum()) < FEWEST_MATCHES:
        raise TooFewPairs
    all_pairs = len(rows) * (len(rows) - 1) / 2
    m, u, sessions = _by_splink(
        document, rows, frequencies, rules=rules, random_pairs=random_pairs, seed=seed
    )
    if all(session.failed for session in sessions):
        raise TooFewPairs
    chance = np.random.default_rng(seed).integers(0, len(rows), size=(2, KNOWN_SAMPLE))
    levels = scorer.score(encoded, chance[0], chance[1]).levels
    sampled = min(float(random_pairs), all_pairs) / KNOWN_SAMPLE
    m_pairs = _known_pairs(scored.levels, probabilities)
    u_pairs = _known_pairs(levels, np.full(KNOWN_SAMPLE, sampled))
    u = _without_matches(u, m, share=float(probabilities.sum()) / all_pairs)
    estimates = Estimates(
        m={name: Estimate(shares, m_pairs[name]) for name, shares in m.items()},
        u={name: Estimate(shares, u_pairs[name]) for name, shares in u.items()},
    )
    return Trained(
        document=blended(document, estimates, version=version),
        live=document,
        records=len(rows),
        candidate_pairs=len(left),
        expected_matches=float(probabilities.sum()),
        sessions=sessions,
    )


def by_pairs(document: Document, same: ScoredPairs | None, random: ScoredPairs | None) -> Estimates:
    """Count levels: m over pairs known to be one person, u over pairs of persons drawn at random."""
    return Estimates(
        m=_counted(document, same) if same is not None else {},
        u=_counted(document, random) if random is not None else {},
    )


def blended(
    document: Document,
    estimates: Estimates,
    *,
    version: str,
    m_strength: float = M_STRENGTH,
    u_strength: float = U_STRENGTH,
) -> Document:
    """The live document moved towards the estimates; fixed levels, conditions and prior stay."""
    settings: dict[str, Any] = deepcopy(dict(document.settings))
    settings["linker_uid"] = version
    for entry, comparison in zip(settings["comparisons"], document.comparisons, strict=True):
        for raw, level in zip(entry["comparison_levels"], comparison.levels, strict=True):
            if level.m is not None and not level.fixed_m:
                m = _blend(level.m, level.value, estimates.m.get(comparison.name), strength=m_strength)
                raw["m_probability"] = _rounded(max(m, _LEAST_M))
            if level.u is not None and not level.fixed_u:
                u = _blend(level.u, level.value, estimates.u.get(comparison.name), strength=u_strength)
                raw["u_probability"] = _rounded(max(u, _LEAST_U))
    return from_settings(settings)


def compared(live: Document, candidate: Document) -> tuple[Change, ...]:
    """The levels of two documents of one shape side by side."""
    found = []
    for before, after in zip(live.comparisons, candidate.comparisons, strict=True):
        for old, new in zip(before.levels, after.levels, strict=True):
            if old.m is None or old.u is None or new.m is None or new.u is None:
                continue
            found.append(
                Change(
                    comparison=before.name,
                    level=new.value,
                    label=new.label,
                    fixed=new.fixed_m and new.fixed_u,
                    live_m=old.m,
                    live_u=old.u,
                    live_bits=old.bits,
                    m=new.m,
                    u=new.u,
                    bits=new.bits,
                )
            )
    return tuple(found)


def _by_splink(
    document: Document,
    records: Sequence[Features],
    frequencies: Frequencies,
    *,
    rules: Sequence[str],
    random_pairs: int,
    seed: int,
) -> tuple[Mapping[str, Levels], Mapping[str, Levels], tuple[Session, ...]]:
    """Shares of m, shares of u, and what was run. A comparison that no rule could train keeps the live m."""
    connection = duckdb.connect()
    quiet = logging.getLogger("splink")
    before = quiet.level
    quiet.setLevel(logging.ERROR)  # a level that no pair reaches is blended, not a matter for the user
    try:
        ids = [str(number) for number in range(len(records))]
        load_records(connection, "records", records=records, ids=ids)
        settings = document.for_splink()
        settings["link_type"] = "dedupe_only"
        database = DuckDBAPI(connection)
        linker = Linker(database.register("records"), settings, log_level=None)
        register_frequencies(linker, frequencies, records)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=random_pairs, seed=seed, min_count_per_level=None, num_chunks=1
        )
        sessions = tuple(_session(linker, rule, connection=connection) for rule in rules)
        learned = linker.misc.save_model_to_json()["comparisons"]
    finally:
        quiet.setLevel(before)
        connection.close()
    return _shares(document, learned, "m_probability"), _shares(document, learned, "u_probability"), sessions


def _session(linker: Linker, rule: str, *, connection: duckdb.DuckDBPyConnection) -> Session:
    """Run one rule. One without pairs is not run, one that fails is undone: Splink would lose comparisons."""
    pairs = f"SELECT 1 FROM records l JOIN records r ON {rule} AND l.record < r.record LIMIT 1"  # noqa: S608
    if not connection.execute(pairs).fetchall():
        return Session(rule, failed="Không có cặp bản ghi nào theo luật này.")
    before = linker._settings_obj.core_model_settings.copy()  # type: ignore[no-untyped-call]
    try:
        done = linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=MOST_EM_PAIRS
        )
    except ValueError:  # a share became exactly 0, which Splink refuses: only where there are few pairs
        linker._settings_obj.core_model_settings = before
        return Session(rule, failed="Quá ít cặp bản ghi theo luật này.")
    names = tuple(comparison.output_column_name for comparison in done.core_model_settings.comparisons)
    return Session(rule, names, len(done._core_model_settings_history) - 1)


def _shares(document: Document, learned: Sequence[Mapping[str, Any]], kind: str) -> dict[str, Levels]:
    """Per comparison and level what Splink learned; a level that it never saw has share 0."""
    return {
        comparison.name: {
            level.value: float(raw.get(kind, 0.0))
            for level, raw in zip(comparison.levels, entry["comparison_levels"], strict=True)
            if level.value >= 0
        }
        for comparison, entry in zip(document.comparisons, learned, strict=True)
    }


def _known_pairs(levels: npt.NDArray[np.int8], weights: npt.NDArray[np.float64]) -> dict[str, float]:
    """Per comparison the summed weight of the pairs in which it is not null."""
    return dict(zip(COMPARISONS, ((levels >= 0) * weights[:, None]).sum(axis=0).tolist(), strict=True))


def _without_matches(u: Mapping[str, Levels], m: Mapping[str, Levels], share: float) -> dict[str, Levels]:
    """Random pairs hold true ones too, many in a small file: u = (seen - share * m) / (1 - share)."""
    return {
        name: {
            value: max(0.0, (seen - share * m[name][value]) / (1.0 - share)) for value, seen in levels.items()
        }
        for name, levels in u.items()
    }


def _counted(document: Document, scored: ScoredPairs) -> dict[str, Estimate]:
    found = {}
    for number, comparison in enumerate(document.comparisons):
        column = scored.levels[:, number]
        known = int(np.count_nonzero(column >= 0))
        if known:
            counts = np.bincount(column[column >= 0], minlength=len(comparison.levels))
            values = [level.value for level in comparison.levels if level.value >= 0]
            found[comparison.name] = Estimate(
                {value: counts[value] / known for value in values}, float(known)
            )
    return found


def _blend(live: float, value: int, estimate: Estimate | None, *, strength: float) -> float:
    if estimate is None:
        return live
    return (estimate.shares[value] * estimate.pairs + live * strength) / (estimate.pairs + strength)


def _probabilities(scored: ScoredPairs) -> npt.NDArray[np.float64]:
    """Weights as probabilities: 1 / (1 + 2^-weight)."""
    found: npt.NDArray[np.float64] = 1.0 / (1.0 + np.exp2(-np.clip(scored.weight_bits, -500, 500)))
    return found


def _rounded(value: float) -> float:
    """Six significant digits: enough for any weight, and a document that can be read."""
    return float(f"{value:.6g}")
