"""Where a leaver is on a day: the taxonomy and the rules of destinations, as pure functions.

A destination is the state of one person at a cut-off date, derived from facts. It changes only on days on
which a fact begins or ends, so a whole life after a completion is a short list of `Spell`s: from this day
on, this destination. Whoever has the spells can answer for *any* cut-off date.

Intervals here are half open: `since` is the first day on which something holds, `until` the first day on
which it no longer does (`FOREVER`: it never ends).

What each rule reads is data (`DestinationRules`, from definitions.toml), because several of them are
readings of a plan that an office may settle otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.contracts.codes import LeftReason, LifeEventKind, ProgrammeKind, Stage

FOREVER = date.max


class Destination(StrEnum):
    """The one primary destination of a person on a day."""

    DEC = "DEC"
    DH = "DH"
    CD = "CD"
    GDTX_TC = "GDTX_TC"
    THN = "THN"
    TC = "TC"
    THPT = "THPT"
    GDTX = "GDTX"
    SC = "SC"
    DTTX = "DTTX"
    RET = "RET"
    MIL = "MIL"
    ABR = "ABR"
    EMP = "EMP"
    NEET = "NEET"
    LEFT = "LEFT"
    UNK = "UNK"


@dataclass(frozen=True, slots=True)
class DestinationRules:
    """The readings that derivation depends on.

    `precedence`: every destination, the strongest first. `states`: what a life event says about its
    person; None: nothing any more. `never_follows`: programmes that lead to a completion and so never
    follow it, by stage. `only_from_that_year`: programmes that count after a stage only when admitted on
    or after 1 January of the year of recognition; the others may run through it.
    """

    precedence: tuple[Destination, ...]
    states: Mapping[LifeEventKind, Destination | None]
    never_follows: Mapping[Stage, frozenset[ProgrammeKind]]
    only_from_that_year: Mapping[Stage, frozenset[ProgrammeKind]]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A place in a programme; dates as in the event contract."""

    kind: ProgrammeKind
    admitted_on: date
    left_on: date | None = None
    left_reason: LeftReason | None = None
    completed_on: date | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What somebody was said to do from a day on: a life event, or a placement.

    `destination` None: nothing holds any more (returned). `ended_on`: last day (None: open).
    `recorded`: orders states of the same day; the later one wins.
    """

    destination: Destination | None
    since: date
    recorded: tuple[int, str]
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of one person, except completions. `died_on`: the first day of being dead."""

    enrolments: Sequence[Enrolment] = ()
    states: Sequence[State] = ()
    died_on: date | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """From `since` until before `until`, the person has this destination."""

    since: date
    until: date
    destination: Destination


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A half-open interval in which one enrolment kind or one state holds."""

    since: date
    until: date

    def holds_on(self, day: date) -> bool:
        return self.since <= day < self.until


def spells(stage: Stage, recognised_on: date, *, facts: Facts, rules: DestinationRules) -> tuple[Spell, ...]:
    """The destinations after a completion, from the day of recognition for ever.

    Adjacent, without gaps, neighbours differ; the first begins on `recognised_on`, the last ends FOREVER.
    """
    rank = {destination: place for place, destination in enumerate(rules.precedence)}
    stretches = [
        (enrolment.kind, _stretch_of_enrolment(enrolment))
        for enrolment in facts.enrolments
        if can_follow(enrolment, stage, recognised_on=recognised_on, rules=rules)
    ]
    state_changes = _state_changes(facts.states)
    died_on = facts.died_on or FOREVER

    found: list[tuple[date, Destination]] = []
    for day in _days_of_change(recognised_on, stretches, state_changes, died_on=died_on):
        if day >= died_on:
            destination = Destination.DEC
        else:
            kinds = {kind for kind, stretch in stretches if stretch.holds_on(day)}
            held = [*_study(kinds), _state_on(state_changes, day), Destination.UNK]
            destination = min((one for one in held if one is not None), key=rank.__getitem__)
        if not found or found[-1][1] != destination:
            found.append((day, destination))
    ends = [day for day, _ in found[1:]] + [FOREVER]
    return tuple(
        Spell(since, until, destination) for (since, destination), until in zip(found, ends, strict=True)
    )


def can_follow(enrolment: Enrolment, stage: Stage, *, recognised_on: date, rules: DestinationRules) -> bool:
    """Whether a programme can be what somebody does after this completion.

    A programme admitted in the year of recognition or later follows it, unless it is the way to it. One
    admitted earlier follows only an upper-secondary completion, only where its kind may run through, and
    only when it had not ended before 1 January of that year.
    """
    if enrolment.kind in rules.never_follows[stage]:
        return False
    new_year = date(recognised_on.year, 1, 1)
    if enrolment.admitted_on >= new_year:
        return True
    if enrolment.kind in rules.only_from_that_year[stage]:
        return False
    ended_on = enrolment.completed_on or enrolment.left_on
    return ended_on is None or ended_on >= new_year


def _stretch_of_enrolment(enrolment: Enrolment) -> _Stretch:
    """Completing is not leaving: a completed programme goes on counting."""
    completed = enrolment.completed_on is not None or enrolment.left_reason is LeftReason.COMPLETED
    if completed or enrolment.left_on is None:
        return _Stretch(enrolment.admitted_on, FOREVER)
    return _Stretch(enrolment.admitted_on, enrolment.left_on)


def _study(kinds: set[ProgrammeKind]) -> list[Destination]:
    """Destinations that running programmes give; both halves of a 9+ make the derived one."""
    study = [Destination(kind) for kind in kinds]
    if ProgrammeKind.GDTX in kinds and ProgrammeKind.TC in kinds:
        study.append(Destination.GDTX_TC)
    return study


def _state_changes(states: Iterable[State]) -> list[tuple[date, Destination | None]]:
    """Days on which the state that holds changes, in order: the latest said wins, an ended one leaves none.

    Of two states of the same day only the one recorded later ever holds. A state that ended before the
    next began leaves nothing between them.
    """
    changes: list[tuple[date, Destination | None]] = []
    ordered = sorted(states, key=lambda state: (state.since, state.recorded))
    for place, state in enumerate(ordered):
        following = ordered[place + 1] if place + 1 < len(ordered) else None
        if following is not None and following.since == state.since:
            continue
        changes.append((state.since, state.destination))
        if state.ended_on is not None and state.ended_on < FOREVER:
            over = max(state.ended_on + timedelta(days=1), state.since)
            if following is None or over < following.since:
                changes.append((over, None))
    return changes


def _state_on(changes: Sequence[tuple[date, Destination | None]], day: date) -> Destination | None:
    holding: Destination | None = None
    for since, destination in changes:
        if since > day:
            break
        holding = destination
    return holding


def _days_of_change(
    recognised_on: date,
    stretches: Iterable[tuple[ProgrammeKind, _Stretch]],
    state_changes: Iterable[tuple[date, Destination | None]],
    *,
    died_on: date,
) -> list[date]:
    days = {recognised_on, died_on}
    for _, stretch in stretches:
        days.update((stretch.since, stretch.until))
    days.update(since for since, _ in state_changes)
    return sorted({max(day, recognised_on) for day in days if day != FOREVER})
