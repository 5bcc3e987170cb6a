"""What the owner of a plan chooses: how sure an automatic link must be, and from where a person looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp2, floor, log2
from typing import Self

import numpy as np
import numpy.typing as npt

from services.linkage.evidence import Evidence, shipped
from shared.errors import Invalid

LARGEST_PART = 60
"""The most records decided together; in a larger component the line is raised until it falls apart."""


DEFAULT_PRECISION = 0.995
"""What an office that chose nothing gets: at most one automatic link in two hundred is wrong."""

SAFETY = 0.05
"""Share of the allowed errors that is kept back, because the next office has other habits."""

REVIEW_FROM = 0.10
"""A pair that is one person less often than one time in ten is not worth a person's look."""


class UnreachablePrecision(Invalid):
    """No link probability is known to give the precision that was asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Probabilities from which a pair is linked, and from which somebody looks.

    `of_completions`: a review is opened only where one of the two persons holds a completion (a leaver's
    sake); otherwise between any two. `largest`: see `LARGEST_PART`.
    """

    link: float = 0.75
    review: float = REVIEW_FROM
    of_completions: bool = True
    largest: int = LARGEST_PART

    def __post_init__(self) -> None:
        """Probabilities lie between 0 and 1, and what is linked needs no look."""
        if not 0 < self.review <= self.link < 1:
            raise ValueError("0 < review <= link < 1")

    @classmethod
    def for_precision(
        cls,
        precision: float = DEFAULT_PRECISION,
        *,
        evidence: Evidence | None = None,
        of_completions: bool = True,
    ) -> Self:
        """The lowest link probability whose links were at least so precise, with a margin (`SAFETY`).

        Measured on generated populations that nothing was trained on, in their mean. Raises
        `UnreachablePrecision` where none is, and for a precision that is no share.
        """
        if not 0.5 <= precision < 1:
            raise UnreachablePrecision("Độ chính xác phải từ 0,5 đến dưới 1.")
        asked = 1.0 - (1.0 - precision) * (1.0 - SAFETY)
        below: tuple[float, float] | None = None
        known = (evidence or shipped()).precision
        for link, reached in known:
            if reached >= asked:
                if below is not None:  # between two rows along a straight line
                    link -= (link - below[0]) * (reached - asked) / (reached - below[1])
                return cls(link=link, review=min(REVIEW_FROM, link), of_completions=of_completions)
            below = (link, reached)
        highest = max((1.0 - (1.0 - reached) / (1.0 - SAFETY) for _, reached in known), default=0.0)
        raise UnreachablePrecision(
            f"Không có ngưỡng nào đạt độ chính xác {precision:g} với mô hình hiện có; "
            f"hãy chọn nhiều nhất {floor(highest * 10_000) / 10_000:g}."
        )

    @property
    def link_bits(self) -> float:
        """`link` as log2 of the odds."""
        return odds_bits(self.link)

    @property
    def review_bits(self) -> float:
        """`review` as log2 of the odds."""
        return odds_bits(self.review)


def line_for(precision: float, probabilities: npt.NDArray[np.float64]) -> float:
    """The lowest probability above which these pairs are, in their mean, so precise; 1 where none is.

    For data at hand: larger and worse data hold more doubtful pairs, and their own probabilities say so.
    """
    falling = np.sort(probabilities)[::-1]
    means = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    enough = np.flatnonzero(means >= precision)
    return float(falling[enough[-1]]) if len(enough) else 1.0


def odds_bits(probability: float) -> float:
    """Log2 of the odds of a probability strictly between 0 and 1."""
    return log2(probability / (1.0 - probability))


def probability_of(bits: float) -> float:
    """The probability whose log2 odds are `bits`."""
    if bits > 0:
        return 1.0 / (1.0 + exp2(-bits))
    odds = exp2(bits)
    return odds / (1.0 + odds)
