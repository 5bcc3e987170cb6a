"""Clusters: which records are one person, by scored pairs, facts that forbid and what persons said. Pure."""

from __future__ import annotations

from services.linkage.clusters.deciding import ArrayVerdict, Columns, decide, decide_arrays
from services.linkage.clusters.facts import NO_WORDS, Facts, Pair, Review, ReviewReason, Verdict, Words
from services.linkage.clusters.policy import Policy

__all__ = [
    "NO_WORDS",
    "ArrayVerdict",
    "Columns",
    "Facts",
    "Pair",
    "Policy",
    "Review",
    "ReviewReason",
    "Verdict",
    "Words",
    "decide",
    "decide_arrays",
]
