"""Writes the links of a run and its scored pairs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from services.linkage.files.deciding import Persons
from services.linkage.files.linking import Linked
from services.linkage.files.outputs import (
    BY_IDENTITY,
    BY_NOTHING,
    BY_NUMBER,
    BY_REVIEW,
    LINKS,
    PAIRS,
    weighed,
    whole_file,
)
from services.linkage.files.reading import Source
from services.linkage.files.records import Records
from shared.files.writing import safe_text

_CHUNK = 200_000


def write_links(path: Path, linked: Linked) -> None:
    """Write one row per record, in the order of the files. Raises `CannotWrite`."""
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(LINKS)
        writer.writerows(link_rows(linked))


def write_pairs(path: Path, linked: Linked) -> None:
    """Write every scored pair. Raises `CannotWrite`."""
    names = [safe_text(source.name) for source in linked.sources]
    records, pairs = linked.records, linked.pairs
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(PAIRS)
        for start in range(0, len(pairs), _CHUNK):
            part = slice(start, start + _CHUNK)
            left, right = pairs.left[part], pairs.right[part]
            rows = zip(
                left.tolist(),
                right.tolist(),
                records.source[left].tolist(),
                records.source[right].tolist(),
                pairs.scored.weight_bits[part].tolist(),
                linked.persons.probability[part].tolist(),
                strict=True,
            )
            writer.writerows(
                (
                    names[left_source],
                    safe_text(records.names[one]),
                    names[right_source],
                    safe_text(records.names[other]),
                    *weighed(weight, probability),
                )
                for one, other, left_source, right_source, weight, probability in rows
            )


def link_rows(linked: Linked) -> Iterator[Sequence[str]]:
    """The rows of `LINKS`."""
    records, persons = linked.records, linked.persons
    names = [safe_text(source.name) for source in linked.sources]
    ids = person_ids(linked.sources, records, persons)
    weights, probabilities = linked.pairs.scored.weight_bits, persons.probability
    rows = zip(
        records.source.tolist(), records.names, persons.root.tolist(), persons.tie.tolist(), strict=True
    )
    for place, (source, name, root, tie) in enumerate(rows):
        if tie >= 0:
            said = weighed(weights[tie], probabilities[tie])
            decided_by = BY_NUMBER if persons.by_number[place] else BY_IDENTITY
        else:
            said = ("", "")
            decided_by = BY_REVIEW if place in persons.reviews else BY_NOTHING
        yield (names[source], safe_text(name), ids[root], *said, decided_by)


def person_ids(sources: Sequence[Source], records: Records, persons: Persons) -> dict[int, str]:
    """A pseudonym per person, made of the name of its first record: equal files give equal pseudonyms."""
    roots = np.unique(persons.root).tolist()
    return {root: _pseudonym(sources[records.source[root]].name, records.names[root]) for root in roots}


def _pseudonym(source: str, name: str) -> str:
    return f"p_{blake2b(f'{source}|{name}'.encode(), digest_size=10).hexdigest()}"
