"""Second rule: without an equal number, one known person who is equal in name, whole birth date and sex.

Two nodes *match* when they agree in all three, no numbers conflict, no place differs and no list of leavers
has a row for each. Matching is not transitive, so a match links only where everybody who matches either of
the two also matches the other: "exactly one known person", whichever record came first. Then links are an
equivalence, and the outcome does not depend on the order of arrival. Everything that falls short of it is a
reason to look, never a link. A record that a reviewer has decided about does not link by its name any more,
but still stands in the way as a rival.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.linkage.known import Decision, Known, Reason
from services.linkage.number_rule import Node, Nodes
from services.linkage.places import Agreement, compare_any

_WEIGHT = {
    Reason.NUMBER_CONTRADICTS: 0,
    Reason.SEVERAL: 1,
    Reason.PLACE_DIFFERS: 2,
    Reason.PART_MISSING: 3,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Pairs of node keys that are one person, and per node key why a person must look."""

    links: list[tuple[str, str]]
    reasons: dict[str, Reason]


def link_by_identity(
    records: Mapping[str, Known],
    nodes: Nodes,
    decisions: Mapping[str, Decision],
    *,
    crowded: Collection[str],
    buckets: Collection[str] | None = None,
) -> Outcome:
    """Compare names within buckets (`buckets`: the complete ones; None: all), then what is known in part."""
    run = _Run(records, nodes, decisions, crowded)
    for bucket, members in run.buckets.items():
        if bucket not in crowded and (buckets is None or bucket in buckets):
            run.settle_bucket(members)
    for node in nodes.all:
        run.look_further(node)
    return Outcome(run.links, run.reasons)


class _Run:
    """One pass of the rule: the indexes that it needs, and what it found so far."""

    def __init__(
        self,
        records: Mapping[str, Known],
        nodes: Nodes,
        decisions: Mapping[str, Decision],
        crowded: Collection[str],
    ) -> None:
        self.nodes = nodes
        self.decisions = decisions
        self.crowded = crowded
        self.links: list[tuple[str, str]] = []
        self.reasons: dict[str, Reason] = {}
        self.linked: set[str] = set()
        self.buckets: dict[str, list[Known]] = {}
        self.partial: dict[str, list[Known]] = {}
        self.by_name: dict[str, list[Known]] = {}
        self.by_number: dict[str, list[Known]] = {}
        named = [row for row in records.values() if row.name is not None and not nodes.of[row.ref].held]
        partial_names = {row.name for row in named if row.partial_key}
        for row in named:
            _add(self.buckets, row.bucket, row)
            _add(self.partial, row.partial_key, row)
            if row.name in partial_names:
                _add(self.by_name, row.name, row)
        hints = {row.hint for row in records.values() if row.hint}
        for row in records.values():
            if row.number in hints:
                _add(self.by_number, row.number, row)

    def settle_bucket(self, members: list[Known]) -> None:
        """Link within the records of one name and birth date, and note who must be looked at."""
        found: dict[str, tuple[Node, bool]] = {}
        for row in members:
            node = self.nodes.of[row.ref]
            is_firm = row.ref not in self.decisions or found.get(node.key, (node, False))[1]
            found[node.key] = (node, is_firm)
        if len(found) < 2:
            return
        ordered = [found[key] for key in sorted(found)]
        matches, rivals = _neighbours(ordered)
        clear = [
            not (rivals[i] & ~matches[i]) and all(not (matches[i] & ~matches[j]) for j in _bits(matches[i]))
            for i in range(len(ordered))
        ]
        for i, (node, is_firm) in enumerate(ordered):
            left = []
            for j in _bits((matches[i] | rivals[i]) & ~(1 << i)):
                other = ordered[j][0]
                is_match = bool(matches[i] >> j & 1)
                if is_match and clear[i] and clear[j]:
                    self.links.append((node.key, other.key))
                    self.linked.add(node.key)
                elif is_match or not node.has_completion:  # two leavers that a reviewer parted: not again
                    left.append(other)
            if is_firm and any(_calls_for(node, other) for other in left):
                self._note(node, Reason.SEVERAL)

    def look_further(self, node: Node) -> None:
        """What falls short of a match: only for a node that stays without a known person."""
        if node.held or node.key in self.linked:
            return
        for row in node.rows:
            if row.ref in self.decisions:
                continue
            if row.name is not None:
                self._look_at_crowd(node, row)
                for other, is_partial in self._near(row):
                    reason = _short_of_match(
                        node, row, other=other, rival=self.nodes.of[other.ref], partial=is_partial
                    )
                    if reason is not None:
                        self._note(node, reason)
            self._look_at_hint(node, row)

    def _near(self, row: Known) -> Iterable[tuple[Known, bool]]:
        """Records of other nodes under the same name that could be the same; and whether in part only."""
        if row.bucket is not None:
            if row.bucket not in self.crowded:
                yield from ((other, False) for other in self.buckets.get(row.bucket, ()))
            for key in (row.year_key, row.name):
                if key is not None and key not in self.crowded:
                    yield from ((other, True) for other in self.partial.get(key, ()))
        elif row.partial_key not in self.crowded:
            for other in self.by_name.get(row.name or "", ()):
                is_same_year = other.year is None or row.year is None or other.year == row.year
                if is_same_year and other.partial_key not in self.crowded:
                    yield other, True

    def _look_at_crowd(self, node: Node, row: Known) -> None:
        key = row.bucket or row.partial_key
        if key in self.crowded and not node.numbers:
            self._note(node, Reason.SEVERAL)

    def _look_at_hint(self, node: Node, row: Known) -> None:
        for other in self.by_number.get(row.hint or "", ()):
            rival = self.nodes.of[other.ref]
            is_contradicted = (
                row.name is not None
                and other.name is not None
                and row.name != other.name
                and not (row.whole_dob and row.whole_dob == other.whole_dob)
            )
            if not is_contradicted and _calls_for(node, rival):
                self._note(node, Reason.PART_MISSING)

    def _note(self, node: Node, reason: Reason) -> None:
        earlier = self.reasons.get(node.key)
        if earlier is None or _WEIGHT[reason] < _WEIGHT[earlier]:
            self.reasons[node.key] = reason


def _add(index: dict[str, list[Known]], key: str | None, row: Known) -> None:
    if key is not None:
        index.setdefault(key, []).append(row)


def _bits(mask: int) -> list[int]:
    return [position for position in range(mask.bit_length()) if mask >> position & 1]


def _neighbours(ordered: list[tuple[Node, bool]]) -> tuple[list[int], list[int]]:
    """Per node, as bit masks: who matches it (itself included), and who would but for a reviewer's word."""
    matches = [1 << i for i in range(len(ordered))]
    rivals = [0] * len(ordered)
    for i, (one, one_is_firm) in enumerate(ordered):
        for j in range(i):
            other, other_is_firm = ordered[j]
            if not _is_exact(one, other):
                continue
            masks = matches if one_is_firm and other_is_firm else rivals
            masks[i] |= 1 << j
            masks[j] |= 1 << i
    return matches, rivals


def _is_exact(one: Node, other: Node) -> bool:
    """Same bucket given: sex equal, numbers without conflict, places that do not speak against it, and no
    list that has a row for each.
    """
    return (
        not one.sexes.isdisjoint(other.sexes)
        and one.listings.isdisjoint(other.listings)
        and not _numbers_conflict(one, other)
        and compare_any(one.places, other.places) >= Agreement.SILENT
    )


def _numbers_conflict(one: Node, other: Node) -> bool:
    if one.numbers and other.numbers:
        return one.numbers.isdisjoint(other.numbers)
    if one.hints and other.numbers:
        return one.hints.isdisjoint(other.numbers)
    if one.numbers and other.hints:
        return one.numbers.isdisjoint(other.hints)
    return bool(one.hints and other.hints and one.hints.isdisjoint(other.hints))


def _calls_for(node: Node, rival: Node) -> bool:
    """Whether a person must look at `node` for `rival`'s sake: a leaver, and the better known of two."""
    if node is rival or not rival.has_completion:
        return False
    return not node.has_completion or rival.rank < node.rank


def _short_of_match(node: Node, row: Known, *, other: Known, rival: Node, partial: bool) -> Reason | None:
    if not _calls_for(node, rival):
        return None
    is_sex_known = bool(node.sexes and rival.sexes)
    if is_sex_known and node.sexes.isdisjoint(rival.sexes):
        return None
    place = compare_any(node.places, rival.places)
    is_whole = is_sex_known and not partial
    if _numbers_conflict(node, rival):
        is_typo = is_whole and place >= Agreement.SILENT and not node.has_completion
        return Reason.NUMBER_CONTRADICTS if is_typo else None
    if place is Agreement.DIFFERS:
        return Reason.PLACE_DIFFERS if is_whole else None
    if is_whole and place is not Agreement.UNCLEAR:
        return None if node.listings.isdisjoint(rival.listings) else Reason.SEVERAL
    return Reason.PART_MISSING
