"""Deciding anew: whole components around what changed, the verdict, pseudonyms, differences published.

A component is every record that pairs or words tie to one another, so what is decided here can be decided
alone. Whoever decides holds the turn (`deriving.take_turn`), because two workers could otherwise each see one
half of a person and leave it in two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.linkage import persons
from services.linkage.announcing import Announcer, Cause, State, read_states
from services.linkage.deriving import Desk, derive, is_derived
from services.linkage.equipment import Kept
from services.linkage.judging import Match
from services.linkage.matching import Change, rematch
from services.linkage.wording import any_words, words_about
from services.linkage.words import Word, mentioned, standing
from shared.clock import Clock
from shared.contracts.linkage import DecidedBy
from shared.database import chunked

SEVERAL = "several"

_RECORDS_AT_ONCE = 5_000
_EVIDENCE = Cause()


class Judged(NamedTuple):
    """The verdict on one record. `root`: names its cluster. `is_person`: the cluster is one.

    A record that is alone in a crowd of its name and birth cannot be compared, so somebody looks.
    """

    root: str
    first_us: int
    is_person: bool
    decided_by: DecidedBy | None
    review: str | None
    weight_bits: float | None
    probability: float | None

    def of_person(self, person_id: str | None) -> State:
        """The state to be said, where the cluster goes by this pseudonym (None: it is no person)."""
        if person_id is not None:
            return State(
                person_id=person_id,
                decided_by=self.decided_by,
                review=self.review,
                weight_bits=self.weight_bits,
                probability=self.probability,
            )
        if self.review is not None:
            return State(unlinked_reason="review", review=self.review)
        by_reviewer = self.decided_by is DecidedBy.REVIEWER
        return State(unlinked_reason="reviewer" if by_reviewer else "no_candidate")


@dataclass(slots=True)
class Component:
    """Records that pairs or words tie together, with all their pairs (from both ends) and words."""

    kept: dict[int, Kept] = field(default_factory=dict)
    pairs: list[tuple[int, int, Match]] = field(default_factory=list)
    words: dict[str, Word] = field(default_factory=dict)


def decide_changes(
    desk: Desk,
    clock: Clock,
    changes: Collection[Change],
    *,
    gone: Collection[str] = (),
    cause: Cause = _EVIDENCE,
    make_person_id: Callable[[], str] = persons.new_person_id,
) -> int:
    """Bring keys and pairs up to date, decide everybody concerned, and publish what differs; events said.

    `gone`: references of records that were taken back.
    """
    desk.weigh_again()
    if not is_derived(desk):
        return decide_everything(desk, clock, gone=gone, make_person_id=make_person_id)
    seeds = rematch(desk.records, desk.judge, changes, crowd=desk.crowd).seeds
    return decide_around(desk, clock, seeds, gone=gone, cause=cause, make_person_id=make_person_id)


def decide_around(
    desk: Desk,
    clock: Clock,
    seeds: Collection[int],
    *,
    gone: Collection[str] = (),
    cause: Cause = _EVIDENCE,
    make_person_id: Callable[[], str] = persons.new_person_id,
) -> int:
    """Decide the components of these records, and of those that words tie to what is gone; events said."""
    component = read_component(desk, seeds, mentioned_by=gone)
    judged = judge(desk, component)
    states = read_states(desk.session, [*judged, *gone])
    announcer = Announcer(desk.session, clock, states, cause=cause)
    for ref in sorted(gone):
        announcer.announce(ref, State(unlinked_reason="withdrawn"))
    person_ids = _pseudonyms(judged, states, make_person_id)
    for ref in sorted(judged):
        announcer.announce(ref, judged[ref].of_person(person_ids.get(judged[ref].root)))
    return announcer.finish()


def decide_everything(
    desk: Desk,
    clock: Clock,
    *,
    gone: Collection[str] = (),
    make_person_id: Callable[[], str] = persons.new_person_id,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Compute everything again under the live model and decide everybody; events said."""
    everyone = derive(desk, progress=progress)
    said = decide_around(desk, clock, (), gone=gone, make_person_id=make_person_id)
    judged: dict[str, Judged] = {}
    done: set[int] = set()
    for numbers in chunked(everyone, _RECORDS_AT_ONCE):
        component = read_component(desk, [number for number in numbers if number not in done])
        done.update(component.kept)
        judged.update(judge(desk, component))
        progress(len(numbers))
    states = read_states(desk.session, list(judged))
    person_ids = _pseudonyms(judged, states, make_person_id)
    for refs in chunked(sorted(judged), _RECORDS_AT_ONCE):
        announcer = Announcer(desk.session, clock, {ref: states[ref] for ref in refs if ref in states})
        for ref in refs:
            announcer.announce(ref, judged[ref].of_person(person_ids.get(judged[ref].root)))
        said += announcer.finish()
    return said


def read_component(desk: Desk, seeds: Collection[int], *, mentioned_by: Collection[str] = ()) -> Component:
    """Everything that pairs or words tie to the seeds, however far; `mentioned_by`: by words of these too."""
    found = Component()
    has_words = any_words(desk.session)
    fresh = set(seeds)
    if has_words and mentioned_by:
        fresh |= _tied_by_words(desk, found, mentioned_by)
    while fresh:
        kept = desk.records.kept(fresh)
        found.kept.update(kept)
        pairs = desk.records.pairs(kept.keys())
        found.pairs += pairs
        reached = {other for _, other, _ in pairs}
        if has_words:
            reached |= _tied_by_words(desk, found, [record.ref for record in kept.values()])
        fresh = reached - found.kept.keys()
    return found


def _tied_by_words(desk: Desk, found: Component, refs: Collection[str]) -> set[int]:
    """The records in force that words not read before tie to these references."""
    words = [word for word in words_about(desk.session, refs) if word.word_id not in found.words]
    found.words.update((word.word_id, word) for word in words)
    return set(desk.records.ids({ref for word in words for ref in mentioned(word)}).values())


def judge(desk: Desk, component: Component) -> dict[str, Judged]:
    """The verdict on every record of whole components, by reference."""
    records = {kept.ref: kept for kept in component.kept.values()}
    holds = standing(component.words.values(), records.keys())
    verdict = desk.judge.decide(component.kept, component.pairs, holds)
    sizes = Counter(verdict.cluster.values())
    judged = {}
    for ref, record in records.items():
        root = verdict.cluster[ref]
        found = verdict.reviews.get(ref)
        is_lost = record.crowded and sizes[root] == 1 and ref not in holds.said
        judged[ref] = Judged(
            root=root,
            first_us=record.first_us,
            is_person=record.is_leaver or sizes[root] > 1,
            decided_by=verdict.decided_by.get(ref),
            review=str(found.reason) if found is not None else SEVERAL if is_lost else None,
            weight_bits=verdict.weight_bits.get(ref),
            probability=verdict.probability.get(ref),
        )
    return judged


def _pseudonyms(
    judged: Mapping[str, Judged], states: Mapping[str, State], make: Callable[[], str]
) -> dict[str, str]:
    """The pseudonym of every person, by the root of its cluster."""
    clusters: dict[str, list[str]] = {}
    for ref in sorted(judged):
        if judged[ref].is_person:
            clusters.setdefault(judged[ref].root, []).append(ref)
    current = {ref: states[ref].person_id if ref in states else None for ref in judged}
    return persons.assign(clusters, current, age=lambda ref: (judged[ref].first_us, ref), make=make)
