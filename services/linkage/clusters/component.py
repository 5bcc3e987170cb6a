"""Decides one component of the pair graph: the core that single decisions and whole provinces share.

In order: what persons said; doubles inside a source, for the rivals; every pair beside its rivals; then the
pairs from the likeliest down, each joining two clusters where nothing forbids it and the records across the
two do not speak against it. What forbids: reviewers' words, rows of one class list, two personal numbers
unless all else is certain, one number with two persons, an age at which nobody finishes school. What is
likely and was not joined is looked at.

Records are places 0 … n-1 in the order of their references; nothing depends on another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.linkage.clusters.facts import ReviewReason
from services.linkage.clusters.policy import Policy
from services.linkage.evidence.rivals import Beside, Rivals, beside
from services.linkage.evidence.signs import Sign

NUMBER_EQUAL = Sign.NUMBER_EQUAL.value
NUMBER_NEAR = Sign.NUMBER_NEAR.value
NUMBER_DIFFERS = Sign.NUMBER_DIFFERS.value
NAME_EQUAL = Sign.NAME_EQUAL.value
NAME_DIFFERS = Sign.NAME_DIFFERS.value
NAME_MISSING = Sign.NAME_MISSING.value
BIRTH_EQUAL = Sign.BIRTH_EQUAL.value
STUDENT_EQUAL = Sign.STUDENT_EQUAL.value

SURE_BITS = 14.0
"""Evidence of an equal personal number that nothing contradicts."""

YOUNGEST = 10
"""Nobody completes a stage, enrols or is hired before this age in years."""

CERTAIN_BITS = 8.0
"""Odds above which the two different numbers of two sources are one mistyped: all else agrees and is rare."""

NEAR_BITS = 2.0
"""Two persons whose odds differ by less are both likely: a person must look."""

AGAINST_APART, AGAINST_INSIDE = 0.25, 0.5
"""How much of the mean evidence against two clusters counts, for pairs of two sources and of one."""

_REASONS = (
    (Sign.NUMBER_DIFFERS.value, ReviewReason.NUMBER_CONTRADICTS),
    (NAME_DIFFERS, ReviewReason.NAME_DIFFERS),
    (Sign.BIRTH_DIFFERS.value, ReviewReason.BIRTH_DIFFERS),
    (Sign.SEX_DIFFERS.value, ReviewReason.SEX_DIFFERS),
    (Sign.PLACE_DIFFERS.value, ReviewReason.PLACE_DIFFERS),
    (Sign.BIRTH_PART.value | Sign.SEX_MISSING.value | NAME_MISSING, ReviewReason.PART_MISSING),
    (Sign.PARENTS_DIFFER.value, ReviewReason.PARENTS_DIFFER),
)


@dataclass(slots=True)
class Component:
    """Records and pairs of one component, as columns over places.

    `listing`, `number`: codes, -1 for none. `birth_year`, `happened_year`: 0 for not known. `order`: of two
    records the one with the greater value is reviewed. `pairs`: (left, right, evidence bits, signs), left <
    right, sorted. `same`, `different`: pairs of places; `alone`: places.
    """

    source: Sequence[int]
    listing: Sequence[int]
    completion: Sequence[bool]
    number: Sequence[int]
    birth_year: Sequence[int]
    happened_year: Sequence[int]
    order: Sequence[int]
    pairs: Sequence[tuple[int, int, float, int]]
    same: Sequence[tuple[int, int]] = ()
    different: Sequence[tuple[int, int]] = ()
    alone: frozenset[int] = frozenset()


@dataclass(slots=True)
class Decided:
    """What was decided of a component.

    `root`: per record the smallest place of its cluster. `reviews`: per place the reason and the places to
    compare with. `bits`: log2 odds of every pair, in the order of `Component.pairs`.
    """

    root: list[int]
    reviews: dict[int, tuple[ReviewReason, list[int]]] = field(default_factory=dict)
    bits: list[float] = field(default_factory=list)


def decide_component(component: Component, rivals: Rivals, policy: Policy) -> Decided:
    """Decide the records of one component."""
    return _Deciding(component, rivals, policy).run()


def pairs_beside(component: Component, rivals: Rivals) -> list[Beside]:
    """What the second round sees of a component, before any bits: for training."""
    return _Deciding(component, rivals, Policy()).beside()


class _Deciding:
    """The working state of one decision."""

    def __init__(self, component: Component, rivals: Rivals, policy: Policy) -> None:
        self.it = component
        self.rivals = rivals
        self.link_bits = policy.link_bits
        self.review_bits = policy.review_bits
        self.of_completions = policy.of_completions
        size = len(component.source)
        self.root = list(range(size))
        self.members: list[list[int]] = [[place] for place in range(size)]
        self.forbidden: set[tuple[int, int]] = set()
        self.torn: list[tuple[int, int]] = []
        self.signs: dict[tuple[int, int], int] = {}
        self.partners: list[dict[int, float]] = [{} for _ in range(size)]
        self.double: list[int] = []
        self.bits: dict[tuple[int, int], float] = {}

    def run(self) -> Decided:
        """Words, rivals, joins, reviews."""
        it = self.it
        if it.same or it.different:
            self._words()
        rivals = self.rivals
        for pair in self.beside():
            if pair.inside:
                bits = rivals.bits_inside(pair.evidence, pair.support, pair.conflict)
            else:
                bits = rivals.bits_apart(
                    pair.evidence, pair.gap_strong, pair.gap_weak, pair.support, pair.conflict
                )
            signs = self.signs[pair.left, pair.right]
            if bits < self.review_bits and signs & NUMBER_EQUAL and _contested(signs):
                bits = self.review_bits  # one number of two people is always looked at
            self.bits[pair.left, pair.right] = bits
        waiting = self._join()
        decided = Decided(self.root, bits=[self.bits[left, right] for left, right, _, _ in it.pairs])
        self._review(waiting, decided)
        return decided

    def beside(self) -> list[Beside]:
        """Every pair beside its rivals."""
        evidence = self._evidence()
        for left, right, bits in evidence:
            self.partners[left][right] = bits
            self.partners[right][left] = bits
        self.double = self._doubles(evidence)
        return beside(self.partners, self.it.source, self.double, self.rivals)

    def _words(self) -> None:
        """Join what is said to be one, as far as nothing is said to be two."""
        for left, right in self.it.different:
            self.forbidden.add((left, right) if left < right else (right, left))
        for left, right in sorted({(min(pair), max(pair)) for pair in self.it.same}):
            one, other = self.root[left], self.root[right]
            if one == other:
                continue
            if self._said_apart(one, other):
                self.torn.append((left, right))
            else:
                self._merge(one, other)

    def _evidence(self) -> list[tuple[int, int, float]]:
        """The evidence of every pair after the rule of the personal number."""
        it = self.it
        found = []
        contested = False
        for left, right, bits, signs in it.pairs:
            self.signs[left, right] = signs
            if signs & NUMBER_EQUAL:
                if _contested(signs):
                    contested = True
                elif bits < SURE_BITS:
                    bits = SURE_BITS
            found.append((left, right, bits))
        if contested:
            dropped = self._lost_claims()
            found = [
                (left, right, min(bits, self.rivals.absent_bits) if (left, right) in dropped else bits)
                for left, right, bits in found
            ]
        return found

    def _lost_claims(self) -> set[tuple[int, int]]:
        """Pairs of a bare row with a claimant of its number who does not hold it.

        Where several named persons claim a number, the only one with a completion holds it.
        """
        it = self.it
        rivals_of_number: dict[int, set[int]] = {}
        for left, right, _, signs in it.pairs:
            if signs & NUMBER_EQUAL and _contested(signs):
                rivals_of_number.setdefault(it.number[left], set()).update((left, right))
        dropped = set()
        for left, right, _, signs in it.pairs:
            claimants = rivals_of_number.get(it.number[left])
            if not claimants or not signs & NUMBER_EQUAL or not signs & NAME_MISSING:
                continue
            holders = [place for place in claimants if it.completion[place]]
            if len(holders) == 1 and not {left, right} & set(holders) and {left, right} & claimants:
                dropped.add((left, right))
        return dropped

    def _doubles(self, evidence: Sequence[tuple[int, int, float]]) -> list[int]:
        """Per record the smallest place of its doubles: likely the same person in the same source."""
        double = list(range(len(self.it.source)))
        source = self.it.source

        def top(place: int) -> int:
            while double[place] != place:
                place = double[place]
            return place

        for left, right, bits in evidence:
            if source[left] != source[right]:
                continue
            likely = bits >= self.rivals.double_bits and not self._two_for_certain(left, right)
            if likely or self.root[left] == self.root[right]:
                one, other = top(left), top(right)
                if one != other:
                    double[max(one, other)] = min(one, other)
        return [top(place) for place in double]

    def _two_for_certain(self, left: int, right: int) -> bool:
        """Whether two records with a pair are two persons, however much alike they are."""
        listing = self.it.listing
        signs = self.signs[left, right]
        if signs & NUMBER_DIFFERS or (signs & NUMBER_EQUAL and _contested(signs)):
            return True
        return listing[left] >= 0 and listing[left] == listing[right] and not _entered_twice(signs)

    def _join(self) -> list[tuple[float, int, int, ReviewReason | None]]:
        """Join clusters from the likeliest pair down; returns what is likely and stayed apart."""
        order = sorted((-bits, pair) for pair, bits in self.bits.items() if bits >= self.review_bits)
        waiting: list[tuple[float, int, int, ReviewReason | None]] = []
        for minus, (left, right) in order:
            one, other = self.root[left], self.root[right]
            if one == other:
                continue
            bits = -minus
            if left in self.it.alone or right in self.it.alone or self._said_apart(one, other):
                continue
            reason = self._obstacle(one, other, left, right)
            if reason is None and (self._torn(left, right, bits) or self._torn(right, left, bits)):
                reason = ReviewReason.SEVERAL
            if reason is None:
                bits -= self._against(one, other)
                if bits >= self.link_bits:
                    self._vouch(one, other, bits)
                    self._merge(one, other)
                    continue
            waiting.append((-minus, left, right, reason))
        return waiting

    def _vouch(self, one: int, other: int, bits: float) -> None:
        """Every pair across two clusters that are joined is at least as likely as the joining of the two."""
        for a in self.members[one]:
            for b in self.members[other]:
                key = (a, b) if a < b else (b, a)
                if self.bits.get(key, bits) < bits:
                    self.bits[key] = bits

    def _merge(self, one: int, other: int) -> None:
        """Join two clusters, given by their roots."""
        keep, gone = (one, other) if one < other else (other, one)
        for place in self.members[gone]:
            self.root[place] = keep
        self.members[keep] += self.members[gone]
        self.members[gone] = []

    def _said_apart(self, one: int, other: int) -> bool:
        if not self.forbidden:
            return False
        return any(
            ((a, b) if a < b else (b, a)) in self.forbidden
            for a in self.members[one]
            for b in self.members[other]
        )

    def _obstacle(self, one: int, other: int, left: int, right: int) -> ReviewReason | None:
        """What forbids to join two clusters by a pair; None: nothing."""
        it = self.it
        signs = self.signs
        sure = signs[left, right]
        if sure & NUMBER_DIFFERS and not self._certain(left, right):
            return ReviewReason.NUMBER_CONTRADICTS
        if sure & NUMBER_EQUAL and _contested(sure):
            return ReviewReason.NUMBER_CONTRADICTS
        equal = bool(sure & (NUMBER_EQUAL | STUDENT_EQUAL))
        near = contested = listed = young = False
        for a in self.members[one]:
            for b in self.members[other]:
                key = (a, b) if a < b else (b, a)
                found = signs.get(key, 0)
                if found & NUMBER_EQUAL and _contested(found):
                    contested = True
                if it.listing[a] >= 0 and it.listing[a] == it.listing[b] and not _entered_twice(found):
                    listed = True
                if found & (NUMBER_EQUAL | NUMBER_NEAR) or (found & NUMBER_DIFFERS and self._certain(*key)):
                    near = True
                if not equal and (_too_young(it, a, b) or _too_young(it, b, a)):
                    young = True
        if contested or (not near and self._two_numbers(one, other)):
            return ReviewReason.NUMBER_CONTRADICTS
        if listed:
            return ReviewReason.ONE_LIST
        return ReviewReason.AGE_CONTRADICTS if young else None

    def _certain(self, left: int, right: int) -> bool:
        """Whether two sources mean one person although they give two numbers."""
        return self.it.source[left] != self.it.source[right] and self.bits[left, right] >= CERTAIN_BITS

    def _two_numbers(self, one: int, other: int) -> bool:
        """Whether both clusters have personal numbers and none in common."""
        number = self.it.number
        numbers = {number[place] for place in self.members[one]} - {-1}
        others = {number[place] for place in self.members[other]} - {-1}
        return bool(numbers) and bool(others) and numbers.isdisjoint(others)

    def _torn(self, place: int, partner: int, bits: float) -> bool:
        """Whether another person of the partner's source is about as likely for a record as the partner."""
        source = self.it.source
        home = source[partner]
        if source[place] == home:
            return False
        level = bits - NEAR_BITS
        own, mine = self.root[partner], self.root[place]
        for third in self.partners[place]:
            if third != partner and source[third] == home and self.double[third] != self.double[partner]:
                root = self.root[third]
                if root not in (own, mine):
                    key = (place, third) if place < third else (third, place)
                    if self.bits[key] >= level:
                        return True
        return False

    def _against(self, one: int, other: int) -> float:
        """Bits that the records across two clusters speak against their being one person."""
        many = len(self.members[one]) * len(self.members[other])
        if many == 1:
            return 0.0
        source = self.it.source
        apart = inside = 0.0
        for a in self.members[one]:
            for b in self.members[other]:
                bits = self.bits.get((a, b) if a < b else (b, a), self.rivals.absent_bits)
                if bits < 0.0:
                    if source[a] == source[b]:
                        inside -= bits
                    else:
                        apart -= bits
        return (AGAINST_APART * apart + AGAINST_INSIDE * inside) / many

    def _review(
        self, waiting: Sequence[tuple[float, int, int, ReviewReason | None]], decided: Decided
    ) -> None:
        """Open reviews for likely pairs that stayed apart: one for two clusters, at the record less known."""
        seen: set[tuple[int, int]] = set()
        found: dict[int, list[tuple[float, int, ReviewReason | None, int]]] = {}
        for bits, left, right, reason in waiting:
            one, other = self.root[left], self.root[right]
            clusters = (one, other) if one < other else (other, one)
            if one == other or clusters in seen:
                continue
            seen.add(clusters)
            if self.of_completions and not self._completed(one) and not self._completed(other):
                continue
            place, with_place = self._spokesman(left, right)
            found.setdefault(place, []).append((bits, with_place, reason, self.signs[left, right]))
        for place, cases in found.items():
            decided.reviews[place] = (_reason(cases), sorted(case[1] for case in cases))
        for left, right in self.torn:
            place, with_place = self._spokesman(left, right)
            decided.reviews[place] = (ReviewReason.WORDS_CONTRADICT, [with_place])

    def _completed(self, root: int) -> bool:
        return any(self.it.completion[place] for place in self.members[root])

    def _spokesman(self, left: int, right: int) -> tuple[int, int]:
        """Of two records the one to be looked at, and the other: no completion, less known, younger."""
        it = self.it
        rank_left = (not it.completion[left], it.order[left], left)
        rank_right = (not it.completion[right], it.order[right], right)
        return (left, right) if rank_left > rank_right else (right, left)


def _reason(cases: Sequence[tuple[float, int, ReviewReason | None, int]]) -> ReviewReason:
    """The reason of a review, from its cases, the likeliest first."""
    best, _, obstacle, signs = cases[0]
    if obstacle is not None and obstacle is not ReviewReason.ONE_LIST:
        return obstacle
    if len(cases) > 1 and cases[1][0] >= best - NEAR_BITS:
        return ReviewReason.SEVERAL
    if obstacle is not None:
        return obstacle
    for sign, reason in _REASONS:
        if signs & sign:
            return reason
    return ReviewReason.WEAK


def _contested(signs: int) -> bool:
    """One number, two names, and no birth date that confirms it."""
    return bool(signs & NAME_DIFFERS) and not signs & BIRTH_EQUAL


def _entered_twice(signs: int) -> bool:
    """Two rows of one list are one entered twice only where number or student id, name and birth agree."""
    return (
        bool(signs & (NUMBER_EQUAL | STUDENT_EQUAL))
        and bool(signs & NAME_EQUAL)
        and bool(signs & BIRTH_EQUAL)
    )


def _too_young(it: Component, child: int, event: int) -> bool:
    """Whether somebody born in the year of `child` is too young for what `event` tells.

    A birth year that does not even fit its own record says nothing.
    """
    born, happened = it.birth_year[child], it.happened_year[event]
    if not born or not happened or happened - born >= YOUNGEST:
        return False
    own = it.happened_year[child]
    return not own or own - born >= YOUNGEST
