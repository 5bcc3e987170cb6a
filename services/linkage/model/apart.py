"""Who are two people by what one source says itself: nobody compares them.

A source that knows two records by whole numbers which are no slip of each other (one digit, or digits in
another order) means two people. Their pair is never kept, online, in files and in bulk alike: in a list where
everybody has a number, namesakes would else tie the whole list into one component.

`known_apart` looks at two records, `known_apart_of_many` at columns; both say the same (tested).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from services.linkage.features import Features
from services.linkage.model.batch import NULL, Codes, Truth

_CHUNK = 1 << 20


def known_apart(left: Features, right: Features, *, one_source: bool) -> bool:
    """Whether two records are two people by their numbers; `one_source`: both are of one source."""
    if not one_source or left.number is None or right.number is None or left.number == right.number:
        return False
    if left.number_sorted == right.number_sorted:
        return False
    return set(left.number_masks or ()).isdisjoint(right.number_masks or ())


def known_apart_of_many(
    codes: Mapping[str, Codes], source: npt.NDArray[np.int16], left: Codes, right: Codes
) -> Truth:
    """`known_apart` of the pairs at these places; `codes` and `source` as in `files.records.Records`."""
    apart = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), _CHUNK):
        part = slice(start, start + _CHUNK)
        apart[part] = _known_apart(codes, source, left[part], right[part])
    return apart


def _known_apart(
    codes: Mapping[str, Codes], source: npt.NDArray[np.int16], left: Codes, right: Codes
) -> Truth:
    number, ordered, masks = codes["number"], codes["number_sorted"], codes["number_masks"]
    apart: Truth = source[left] == source[right]
    apart &= (number[left] != number[right]) & (ordered[left] != ordered[right])
    apart &= (number[left] != NULL) & (number[right] != NULL)
    places = np.flatnonzero(apart)
    some, others = masks[left[places]], masks[right[places]]
    near = (some == others) & (some != NULL)  # sealed with their places: equal masks stand at equal ones
    apart[places[near.any(axis=1)]] = False
    return apart
