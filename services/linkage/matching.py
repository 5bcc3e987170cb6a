"""Which stored records a changed one is compared with, and keeping the table of pairs true.

The table holds exactly the pairs that share a blocking key under which no crowd stands, and whose evidence
reaches the lowest line. That is a function of the records in force alone, whatever the order they came in:
when one record too many arrives under a key, the pairs that only that key made are taken out, and when it
leaves, they are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.linkage.equipment import Kept
from services.linkage.features import Features
from services.linkage.judging import Judge, Match
from services.linkage.keeping import Records
from services.linkage.model.blocking import OVERSIZE, RULES, key_columns, keys

_NAME_RULES = tuple(
    place
    for place, rule in enumerate(RULES)
    if rule.parts[0] in ("name", "name_sorted") and len(rule.parts) > 1
)
"""Rules by which a record is found through its whole name and something besides."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it was (None: not in force) and as it is (None: taken back)."""

    id: int
    before: Features | None
    now: Kept | None


@dataclass(slots=True)
class Rematched:
    """What a batch changed. `seeds`: records whose persons must be decided anew; `fresh`: pairs that came."""

    seeds: set[int] = field(default_factory=set)
    fresh: set[tuple[int, int]] = field(default_factory=set)


def rematch(
    records: Records, judge: Judge, changes: Collection[Change], *, crowd: int = OVERSIZE
) -> Rematched:
    """Bring keys and pairs up to date after the changes; more than `crowd` records are a crowd."""
    run = _Run(records, judge, changes, crowd)
    run.move_keys()
    run.compare()
    run.turn()
    run.mark()
    return run.found


class _Run:
    """One batch: the keys it asked for, and what it found."""

    def __init__(self, records: Records, judge: Judge, changes: Collection[Change], crowd: int) -> None:
        self.records = records
        self.judge = judge
        self.crowd = crowd
        self.found = Rematched(seeds={change.id for change in changes if change.now is not None})
        self.changed = {change.id: change for change in changes}
        before = {c.id: key_columns(c.before) if c.before else [] for c in changes}
        self.columns = {c.id: key_columns(c.now.features) if c.now else [] for c in changes}
        self.before = {number: _known(columns) for number, columns in before.items()}
        self.now = {number: _known(columns) for number, columns in self.columns.items()}
        self.of_names = {
            key for columns in (*before.values(), *self.columns.values()) for key in _name_keys(columns)
        }
        self.members: dict[int, list[int]] = {}
        self.growth: Counter[int] = Counter()
        self.turned: set[int] = set()

    def move_keys(self) -> None:
        """Write the keys that came, remove those that went, and read who stands under all of them."""
        went, came = [], []
        for number in self.changed:
            before, now = self.before[number], self.now[number]
            went += [(key, number) for key in before - now]
            came += [(key, number) for key in now - before]
        self.records.drop_keys(went)
        self.records.add_keys(came)
        self.growth.update(key for key, _ in came)
        self.growth.subtract(key for key, _ in went)
        asked = set().union(*self.before.values(), *self.now.values())
        margin = max((abs(change) for change in self.growth.values()), default=0)
        self.members = self.records.members(asked, self.crowd + 1 + margin)

    def compare(self) -> None:
        """Score every changed record with its candidates, and replace its pairs."""
        asked: set[tuple[int, int]] = set()
        for number, own in self.now.items():
            others = _beside(own, self.members, self.crowd) - {number}
            asked.update([(number, other) if number < other else (other, number) for other in others])
        kept = self.records.kept({number for pair in asked for number in pair})
        matches = self.judge.match(kept, asked)
        again = [number for number, change in self.changed.items() if change.before is not None]
        old = {
            (one, other) if one < other else (other, one): match
            for one, other, match in self.records.pairs(again)
        }
        self._replace(old, matches)

    def _replace(self, old: Mapping[tuple[int, int], Match], new: Mapping[tuple[int, int], Match]) -> None:
        gone = [pair for pair in old if old[pair] != new.get(pair)]
        fresh = {pair: match for pair, match in new.items() if old.get(pair) != match}
        self.records.drop_pairs(gone)
        self.records.add_pairs(fresh)
        self.found.fresh |= fresh.keys()
        for pair in (*gone, *fresh):
            self.found.seeds.update(pair)
        self.found.seeds -= {number for number, change in self.changed.items() if change.now is None}

    def turn(self) -> None:
        """Pairs under keys where a crowd came together or parted in this batch."""
        for key in sorted(self.growth):
            members = self.members.get(key, [])
            is_crowd = len(members) > self.crowd
            was_crowd = len(members) - self.growth[key] > self.crowd
            if is_crowd is was_crowd:
                continue
            others = [number for number in members if number not in self.changed]
            if is_crowd:
                self._unpair(key, others)
            else:
                self._pair(others)
            if key in self.of_names:
                self.turned.update(others)

    def _unpair(self, key: int, others: list[int]) -> None:
        """Take out the pairs among the members that no other open key makes."""
        among = set(others)
        pairs = {
            (one, other) for one, other, _ in self.records.pairs(others) if one < other and other in among
        }
        kept = self.records.kept({number for pair in pairs for number in pair})
        own = {number: set(keys(record.features)) for number, record in kept.items()}
        shared = {pair: (own[pair[0]] & own[pair[1]]) - {key} for pair in pairs}
        open_keys = self._open(set().union(*shared.values()))
        gone = [pair for pair, common in shared.items() if not common & open_keys]
        self.records.drop_pairs(gone)
        self.found.seeds.update(number for pair in gone for number in pair)

    def _pair(self, others: list[int]) -> None:
        """Make the pairs among the members that are not there."""
        asked = {(one, other) for one in others for other in others if one < other}
        asked.difference_update((one, other) for one, other, _ in self.records.pairs(others))
        made = self.judge.match(self.records.kept(set(others)), asked)
        self.records.add_pairs(made)
        self.found.fresh |= made.keys()
        self.found.seeds.update(number for pair in made for number in pair)

    def _open(self, asked: Collection[int]) -> set[int]:
        found = self.records.members(asked, self.crowd + 1)
        return {key for key, members in found.items() if len(members) <= self.crowd}

    def mark(self) -> None:
        """Say of everybody concerned whether a crowd shares its name and all that it is known by besides."""
        numbers = {number for number, change in self.changed.items() if change.now is not None}
        kept = self.records.kept(numbers | self.turned)
        asked = {
            number: _name_keys(self.columns.get(number) or key_columns(record.features))
            for number, record in kept.items()
        }
        unread = set().union(*asked.values()) - self.members.keys()
        sizes = {key: len(members) for key, members in self.members.items()}
        sizes |= {key: len(members) for key, members in self.records.members(unread, self.crowd + 1).items()}
        self.found.seeds |= self.records.mark_crowded(
            {
                number: _is_crowded(kept[number].features, own, sizes, self.crowd)
                for number, own in asked.items()
            }
        )


def _beside(own: Collection[int], members: Mapping[int, Sequence[int]], crowd: int) -> set[int]:
    """Everybody who stands under one of these keys where there is no crowd."""
    return set().union(*[members[key] for key in own if len(members[key]) <= crowd])


def _is_crowded(features: Features, own: Collection[int], sizes: Mapping[int, int], crowd: int) -> bool:
    """Whether nothing that a record without number is known by beside its name tells it from a crowd."""
    return features.number is None and bool(own) and all(sizes.get(key, 0) > crowd for key in own)


def _name_keys(columns: Sequence[int | None]) -> list[int]:
    """Of the keys of a record, one per rule, those of its whole name and something besides."""
    return [key for place in _NAME_RULES if (key := columns[place]) is not None] if columns else []


def _known(columns: Sequence[int | None]) -> set[int]:
    return {key for key in columns if key is not None}


def pair_all(
    records: Records, judge: Judge, kept: Iterable[Kept], *, crowd: int = OVERSIZE
) -> dict[int, bool]:
    """Pairs of these records with those of smaller numbers, when all keys are there; and who is in a crowd.

    For computing everything again: each pair is made once, by the greater of its two.
    """
    kept = list(kept)
    columns = {record.id: key_columns(record.features) for record in kept}
    own = {number: _known(found) for number, found in columns.items()}
    members = records.members(set().union(*own.values()), crowd + 1)
    asked: set[tuple[int, int]] = set()
    for number, mine in own.items():
        asked.update((other, number) for other in _beside(mine, members, crowd) if other < number)
    sizes = {key: len(found) for key, found in members.items()}
    sides = records.kept({number for pair in asked for number in pair})
    records.add_pairs(judge.match(sides, asked))
    return {
        record.id: _is_crowded(record.features, _name_keys(columns[record.id]), sizes, crowd)
        for record in kept
    }
