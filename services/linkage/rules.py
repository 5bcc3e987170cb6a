"""Who is the same person: the pure decision over a set of records and reviewers' decisions.

`decide` on all records at once is the specification. A worker calls it on the part that an event can
change (`blocks`), and a property test holds that both come to the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.linkage.identity_rule import link_by_identity
from services.linkage.known import Decision, Known, Reason, live_decisions
from services.linkage.number_rule import Node, nodes_by_number
from services.linkage.union import Union
from shared.contracts.linkage import DecidedBy


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say.

    `cluster`: per record the smallest reference of its person's records. `reviews`: records at which a person
    must look. `decided_by`: per record what ties it to its person.
    """

    cluster: dict[str, str]
    reviews: dict[str, Reason]
    decided_by: dict[str, DecidedBy]

    def persons(self) -> dict[str, list[str]]:
        """The records of each cluster, by its smallest reference."""
        members: dict[str, list[str]] = {}
        for ref, root in self.cluster.items():
            members.setdefault(root, []).append(ref)
        return members


def decide(
    records: Mapping[str, Known],
    decisions: Mapping[str, Decision],
    *,
    crowded: Collection[str] = (),
    buckets: Collection[str] | None = None,
    together: Collection[Collection[str]] = (),
) -> Verdict:
    """Decide all `records`.

    `crowded`: keys under which too many records meet (see `known.crowded_keys`). For the rim of a block,
    which is known in part only: `buckets`, those that are complete (None: all), and `together`, records that
    were one person before and that nothing here can part.
    """
    live = live_decisions(records, decisions)
    nodes = nodes_by_number(records, live)
    outcome = link_by_identity(records, nodes, live, crowded=crowded, buckets=buckets)
    union = Union(records)
    for node in nodes.all:
        for row in node.rows:
            union.join(row.ref, node.key)
    for one, other in outcome.links:
        union.join(one, other)
    for refs in together:
        first, *rest = refs
        for ref in rest:
            union.join(ref, first)
    reviews: dict[str, Reason] = {}
    decided_by: dict[str, DecidedBy] = {}
    for node in nodes.all:
        reason = node.reason or outcome.reasons.get(node.key)
        if reason is not None:
            reviews[_spokesman(node, live)] = reason
        decided_by.update(_ties(node, live))
    return Verdict({ref: union.root(ref) for ref in records}, reviews, decided_by)


def _spokesman(node: Node, decisions: Mapping[str, Decision]) -> str:
    """The record of a node that a reviewer is shown: undecided, a completion, named, the fullest."""
    return min(
        node.rows,
        key=lambda row: (row.ref in decisions, not row.completion, row.name is None, -row.fullness, row.ref),
    ).ref


def _ties(node: Node, decisions: Mapping[str, Decision]) -> dict[str, DecidedBy]:
    shared: dict[str, int] = {}
    for row in node.rows:
        if row.number is not None:
            shared[row.number] = shared.get(row.number, 0) + 1
    return {row.ref: _tie(row, shared, decisions) for row in node.rows}


def _tie(row: Known, shared: Mapping[str, int], decisions: Mapping[str, Decision]) -> DecidedBy:
    if row.ref in decisions:
        return DecidedBy.REVIEWER
    if row.number is not None and (row.completion or shared[row.number] > 1):
        return DecidedBy.NUMBER
    return DecidedBy.IDENTITY
