"""Pseudonyms: which `person_id` a cluster of records carries, so that persons keep theirs.

A cluster keeps the oldest pseudonym of its records. When a person is split, the larger part keeps the
pseudonym (of equal parts the one with the oldest record), and the other gets a new one.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Age: TypeAlias = tuple[object, ...]


def new_person_id() -> str:
    """A random pseudonym; says nothing about the person or the time."""
    return uuid.uuid4().hex


def assign(
    clusters: Mapping[str, Sequence[str]],
    current: Mapping[str, str | None],
    *,
    age: Callable[[str], Age],
    make: Callable[[], str] = new_person_id,
) -> dict[str, str]:
    """The pseudonym of every cluster in `clusters` (name -> records); all of them are persons.

    `current`: the pseudonym of each record so far. `age`: sorts records from old to new.
    """
    claims: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for name, refs in clusters.items():
        for ref in refs:
            person_id = current.get(ref)
            if person_id is not None:
                claims[person_id].setdefault(name, []).append(ref)
    kept: defaultdict[str, list[tuple[Age, str]]] = defaultdict(list)
    for person_id, parts in claims.items():
        oldest = {name: min(age(ref) for ref in refs) for name, refs in parts.items()}
        name = min(parts, key=lambda part: (-len(parts[part]), oldest[part]))
        kept[name].append((oldest[name], person_id))
    return {name: min(kept[name])[1] if name in kept else make() for name in clusters}
