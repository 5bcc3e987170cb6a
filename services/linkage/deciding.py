"""Deciding anew: the parts around what changed, the verdict, pseudonyms, differences published.

A part (`reaching`) can be decided without what lies beyond it. Whoever decides holds the turn
(`deriving.take_turn`), because two workers could otherwise each see one half of a person and leave it in two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from services.linkage import persons
from services.linkage.announcing import UNDO, Announcer, Cause, State, read_states
from services.linkage.deriving import Desk, derive
from services.linkage.matching import Change, rematch
from services.linkage.reaching import Around, Fresh, read_around
from services.linkage.recalling import before_word
from services.linkage.words import standing
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
    desk.look_again()
    if not desk.is_derived:
        return decide_everything(desk, clock, gone=gone, make_person_id=make_person_id)
    found = rematch(desk.records, desk.judge, changes, crowd=desk.crowd)
    return decide_around(
        desk, clock, found.seeds, fresh=found.fresh, gone=gone, cause=cause, make_person_id=make_person_id
    )


def decide_around(
    desk: Desk,
    clock: Clock,
    seeds: Collection[int],
    *,
    fresh: Collection[tuple[int, int]] = frozenset(),
    gone: Collection[str] = (),
    cause: Cause = _EVIDENCE,
    make_person_id: Callable[[], str] = persons.new_person_id,
) -> int:
    """Decide the parts around these records, and around those that words tie to what is gone; events said.

    `fresh`: pairs that were not there before, each by its smaller record first.
    """
    around = read_around(desk, seeds, fresh=Fresh(fresh, cause.word_id), mentioned_by=gone)
    judged = judge(desk, around)
    states = read_states(desk.session, [*judged, *gone])
    announcer = Announcer(desk.session, clock, states, cause=cause)
    for ref in sorted(gone):
        announcer.announce(ref, State(unlinked_reason="withdrawn"))
    known = _known(judged, states)
    if cause.what == UNDO and cause.word_id is not None:
        known |= before_word(desk.session, cause.word_id, known)
    person_ids = _pseudonyms(judged, known, make_person_id)
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
        around = read_around(desk, [number for number in numbers if number not in done])
        done.update(around.kept)
        judged.update(judge(desk, around))
        progress(len(numbers))
    states = read_states(desk.session, list(judged))
    person_ids = _pseudonyms(judged, _known(judged, states), make_person_id)
    for refs in chunked(sorted(judged), _RECORDS_AT_ONCE):
        announcer = Announcer(desk.session, clock, {ref: states[ref] for ref in refs if ref in states})
        for ref in refs:
            announcer.announce(ref, judged[ref].of_person(person_ids.get(judged[ref].root)))
        said += announcer.finish()
    return said


def judge(desk: Desk, around: Around) -> dict[str, Judged]:
    """The verdict on every record of whole parts, by reference."""
    records = {kept.ref: kept for kept in around.kept.values()}
    holds = standing(around.words.values(), records.keys())
    verdict = desk.judge.decide(around.kept, around.pairs, holds, parts=around.part)
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


def _known(judged: Mapping[str, Judged], states: Mapping[str, State]) -> dict[str, str | None]:
    """The pseudonym so far of every record judged."""
    return {ref: states[ref].person_id if ref in states else None for ref in judged}


def _pseudonyms(
    judged: Mapping[str, Judged], known: Mapping[str, str | None], make: Callable[[], str]
) -> dict[str, str]:
    """The pseudonym of every person, by the root of its cluster; `known`: those of its records so far."""
    clusters: dict[str, list[str]] = {}
    for ref in sorted(judged):
        if judged[ref].is_person:
            clusters.setdefault(judged[ref].root, []).append(ref)
    return persons.assign(clusters, known, age=lambda ref: (judged[ref].first_us, ref), make=make)
