"""What a new partition of records would change in the one that holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happens to some records."""

    NEW = "new"
    MERGE = "merge"
    SPLIT = "split"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `records` join the person of `others` (new: they were linked to nobody; merge), or part
    from it (split: to another person; unlink: to nobody). Both are sorted, neither is empty."""

    kind: Kind
    records: tuple[str, ...]
    others: tuple[str, ...]


_NOBODY = "\0"


def differences(current: Mapping[str, str | None], proposed: Mapping[str, str]) -> list[Change]:
    """Every change, sorted, that leads from `current` to `proposed`; both know the same records.

    `current`: the person of a record, None where it is linked to nobody. `proposed`: a label per record,
    equal for one person. Of a person that is parted the largest part keeps it, and in a merge the largest
    part is joined by the others; of equal parts one that is a person, then that of the smallest reference.
    """
    clusters = _grouped({ref: proposed[ref] for ref in current})
    persons = _grouped({ref: person or f"{_NOBODY}{ref}" for ref, person in current.items()})
    changes = []
    for refs in persons.values():
        kept, *parted = _parts(refs, proposed)
        for part in parted:
            alone = len(part) == len(clusters[proposed[part[0]]]) == 1
            changes.append(Change(Kind.UNLINK if alone else Kind.SPLIT, part, kept))
    for refs in clusters.values():
        kept, *joining = _parts(refs, {ref: current[ref] or f"{_NOBODY}{ref}" for ref in refs})
        for part in joining:
            is_new = all(current[ref] is None for ref in part)
            changes.append(Change(Kind.NEW if is_new else Kind.MERGE, part, kept))
    return sorted(changes, key=lambda change: (change.kind, change.records))


def _grouped(labels: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref in sorted(labels):
        found.setdefault(labels[ref], []).append(ref)
    return found


def _parts(refs: list[str], labels: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The records by label: the largest part first, then one that is a person, then by reference."""
    grouped = _grouped({ref: labels[ref] for ref in refs})
    return sorted(
        (tuple(part) for part in grouped.values()),
        key=lambda part: (-len(part), labels[part[0]].startswith(_NOBODY), part),
    )
