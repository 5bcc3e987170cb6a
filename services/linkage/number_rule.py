"""First rule: records with an equal personal number and no contradiction are one person.

Two names under a number contradict each other when they are unequal and no equal whole birth date confirms
them. Then the number has several *claimants*. One that alone holds a completion keeps the number; where
several do, or none, the records that carry nothing but the number belong to nobody for certain, and a
person must look. What a reviewer decided is built in first and is never undone here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.linkage.known import Decision, Known, Reason
from services.linkage.places import Place
from services.linkage.union import Union


@dataclass(slots=True)
class Node:
    """Records that are one person by number or by a reviewer's word, before names are compared.

    `held`: claims a number that somebody else holds; names must not link it further.
    """

    rows: list[Known]
    numbers: frozenset[str]
    hints: frozenset[str]
    sexes: frozenset[str]
    places: frozenset[Place]
    listings: frozenset[str]
    has_completion: bool
    rank: tuple[int, int, str]
    reason: Reason | None = None
    held: bool = False

    @property
    def key(self) -> str:
        """The node's name within a run: its smallest reference."""
        return self.rank[2]


@dataclass(slots=True)
class Nodes:
    """All nodes, and which one a record is in."""

    of: dict[str, Node] = field(default_factory=dict)

    @property
    def all(self) -> list[Node]:
        """Every node once, in the order of their keys."""
        return sorted({node.key: node for node in self.of.values()}.values(), key=lambda node: node.key)


def nodes_by_number(records: Mapping[str, Known], decisions: Mapping[str, Decision]) -> Nodes:
    """Group the records; `decisions` are live ones (see `known.live_decisions`)."""
    union = Union(records)
    for ref, decision in decisions.items():
        if decision.same_as is not None:
            union.join(ref, decision.same_as)
    groups = _groups(records)
    for rows in groups:
        _join_namesakes(union, [row for row in rows if not _is_apart(row, decisions)])
    completed = {union.root(row.ref) for row in records.values() if row.completion}
    claims = [_claim(rows, union, completed, decisions=decisions) for rows in groups]
    for claim in claims:
        for ref, target in claim.attach:
            union.join(ref, target)
    nodes = _build(records, union)
    for claim in claims:
        for ref, reason, held in claim.looks:
            node = nodes.of[ref]
            node.reason = reason
            node.held = node.held or held
    return nodes


@dataclass(slots=True)
class _Claim:
    """What one number says: records to attach, and (record, reason, held) that a person must look at."""

    attach: list[tuple[str, str]] = field(default_factory=list)
    looks: list[tuple[str, Reason, bool]] = field(default_factory=list)


def _groups(records: Mapping[str, Known]) -> list[list[Known]]:
    by_number: defaultdict[str, list[Known]] = defaultdict(list)
    for row in records.values():
        if row.number is not None:
            by_number[row.number].append(row)
    return list(by_number.values())


def _is_apart(row: Known, decisions: Mapping[str, Decision]) -> bool:
    decision = decisions.get(row.ref)
    return decision is not None and decision.same_as is None


def _join_namesakes(union: Union, rows: Sequence[Known]) -> None:
    first: dict[str, str] = {}
    for row in rows:
        if row.name is None:
            continue
        for key in (f"name {row.name}", f"dob {row.whole_dob}" if row.whole_dob else None):
            if key is not None:
                union.join(row.ref, first.setdefault(key, row.ref))


def _claim(
    rows: Sequence[Known], union: Union, completed: set[str], *, decisions: Mapping[str, Decision]
) -> _Claim:
    """What happens to the records of one number; `completed`: roots that hold a completion."""
    claim = _Claim()
    named = [row for row in rows if row.name is not None]
    bare = [row.ref for row in rows if row.name is None and row.ref not in decisions]
    claimants = {union.root(row.ref) for row in named}
    open_to_rules = {union.root(row.ref) for row in named if not _is_apart(row, decisions)}
    contenders = (claimants & completed) or claimants
    if not claimants:
        claim.attach = [(ref, bare[0]) for ref in bare[1:]]
    elif len(contenders) == 1 and contenders <= open_to_rules:
        (target,) = contenders
        claim.attach = [(ref, target) for ref in bare]
    else:
        claim.looks = [(ref, Reason.NUMBER_CONTRADICTS, True) for ref in bare]
    if len(open_to_rules) > 1:
        claim.looks += _losers(named, union, completed, decisions=decisions)
    return claim


def _losers(
    named: Sequence[Known], union: Union, completed: set[str], *, decisions: Mapping[str, Decision]
) -> list[tuple[str, Reason, bool]]:
    """Whom a person must look at when several claim a number: all but the best that holds a completion."""
    size = Counter(union.root(row.ref) for row in named)
    undecided = {union.root(row.ref) for row in named if row.ref not in decisions}
    holders = sorted(size.keys() & completed, key=lambda root: (root in undecided, -size[root], root))
    lost = [(root, Reason.NUMBER_CONTRADICTS, False) for root in holders[1:] if root in undecided]
    return lost + [(root, Reason.NUMBER_CONTRADICTS, True) for root in sorted(undecided - completed)]


def _build(records: Mapping[str, Known], union: Union) -> Nodes:
    nodes = Nodes()
    for root, refs in union.sets().items():
        rows = [records[ref] for ref in refs]
        node = Node(
            rows=rows,
            numbers=_filled(row.number for row in rows),
            hints=_filled(row.hint for row in rows),
            sexes=_filled(row.sex for row in rows),
            places=frozenset(row.place for row in rows),
            listings=_filled(row.listing for row in rows),
            has_completion=any(row.completion for row in rows),
            rank=(0, 0, root),
        )
        node.rank = (0 if node.numbers else 1, -max(row.fullness for row in rows), root)
        for ref in refs:
            nodes.of[ref] = node
    return nodes


def _filled(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value for value in values if value is not None)
