"""Union-find over record references; the root of a set is its smallest reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class Union:
    """Disjoint sets of references that only ever grow together."""

    def __init__(self, refs: Iterable[str]) -> None:
        self._parent = {ref: ref for ref in refs}

    def root(self, ref: str) -> str:
        """The smallest reference of the set that `ref` is in."""
        parent = self._parent
        while parent[ref] != ref:
            parent[ref] = parent[parent[ref]]
            ref = parent[ref]
        return ref

    def join(self, one: str, other: str) -> None:
        """Make one set of two."""
        smaller, larger = sorted((self.root(one), self.root(other)))
        self._parent[larger] = smaller

    def sets(self) -> dict[str, list[str]]:
        """Members by root."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        for ref in self._parent:
            members[self.root(ref)].append(ref)
        return dict(members)
