"""Arrays of text and of numbers, and weighted draws from them.

Text stands in object arrays of `str`: numpy adds and selects them in C, and what they hold is ordinary text
that a function written for one string can take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_DAYS = "datetime64[D]"

Texts = NDArray[np.object_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
"""In units of a day; they become ISO text when a row is written."""
Bits = NDArray[np.uint8]


def texts(values: Iterable[str]) -> Texts:
    """An array of text out of any strings."""
    found = list(values)
    made: Texts = np.empty(len(found), dtype=object)
    made[:] = found
    return made


def blank(count: int) -> Texts:
    """`count` empty strings."""
    made: Texts = np.full(count, "", dtype=object)
    return made


def each(function: Callable[[str], str], values: Texts) -> Texts:
    """The function of every value."""
    return texts(map(function, values))


def iso(days: Days) -> Texts:
    """Days as "2011-03-09"; no day (NaT) as empty text."""
    return texts("" if text == "NaT" else text for text in np.datetime_as_string(days, unit="D").tolist())


def years_of(days: Days) -> Ints:
    """The calendar year of every day."""
    years: Ints = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def first_of_january(years: Ints) -> Days:
    """The first day of every year."""
    days: Days = (years - 1970).astype("datetime64[Y]").astype(_DAYS)
    return days


def stream(*parts: int) -> np.random.Generator:
    """The random stream of that name: seed first, then what it is for; equal names give equal streams.

    Raises `ValueError` for negative parts.
    """
    return np.random.default_rng(list(parts))


@dataclass(frozen=True, slots=True)
class Bag:
    """Words with weights; `cumulative` ends at 1."""

    words: Texts
    cumulative: Floats

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Self:
        """A bag in which each word lies as often as its weight says."""
        heights = np.cumsum(np.array(list(weights.values()), dtype=np.float64))
        return cls(texts(weights), heights / heights[-1])

    @classmethod
    def read(cls, written: str) -> Self:
        """A bag out of "Lò:25 Lường:12": words divided by spaces, `_` for a space, `-` for no word.

        Without a number the weight falls with the place, as frequencies of names do (1 / (place + 4)).
        """
        weights: dict[str, float] = {}
        for place, entry in enumerate(written.split()):
            word, _, weight = entry.partition(":")
            word = "" if word == "-" else word.replace("_", " ")
            weights[word] = float(weight) if weight else 1.0 / (place + 4)
        return cls.of(weights)

    def draw(self, rng: np.random.Generator, count: int) -> Texts:
        """`count` words, each independent of the others."""
        drawn: Texts = self.words[np.searchsorted(self.cumulative, rng.random(count), side="right")]
        return drawn


def pick(rng: np.random.Generator, weights: Iterable[float], count: int) -> Ints:
    """`count` places in the list of weights, each as often as its weight says."""
    heights = np.cumsum(np.fromiter(weights, dtype=np.float64))
    places: Ints = np.searchsorted(heights / heights[-1], rng.random(count), side="right").astype(np.int64)
    return places
