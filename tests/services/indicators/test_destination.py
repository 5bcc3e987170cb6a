"""The rules of destinations, each on its own, and against a slow and obvious computation of one day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.indicators.definitions import definitions
from services.indicators.destination import FOREVER, Destination, Enrolment, Facts, State, spells
from shared.contracts.codes import LeftReason, ProgrammeKind, Stage
from shared.reference import destinations as reference

RULES = definitions().destinations
MAY = date(2026, 5, 28)
JULY = date(2026, 7, 15)
YEAR_END = date(2026, 12, 31)


def where(facts: Facts, *, on: date = YEAR_END, stage: Stage = Stage.THCS, recognised_on: date = MAY) -> str:
    """The destination on a day, from the spells."""
    (found,) = (
        spell
        for spell in spells(stage, recognised_on, facts=facts, rules=RULES)
        if spell.since <= on < spell.until
    )
    return str(found.destination)


def enrolled(kind: str, on: date, **rest: object) -> Enrolment:
    """An enrolment of a kind."""
    return Enrolment(ProgrammeKind(kind), on, **rest)  # type: ignore[arg-type]


def said(destination: str | None, since: date, recorded: int = 1, *, ended_on: date | None = None) -> State:
    """A state."""
    return State(Destination(destination) if destination else None, since, (recorded, "r"), ended_on)


def test_the_precedence_is_the_one_of_the_reference_list() -> None:
    assert [one.code for one in reference.all_of_them()] == list(RULES.precedence)


def test_nothing_known_is_unknown_for_ever() -> None:
    (only,) = spells(Stage.THCS, MAY, facts=Facts(), rules=RULES)
    assert (only.since, only.until, only.destination) == (MAY, FOREVER, Destination.UNK)


def test_admission_on_the_cut_off_counts_and_leaving_on_it_does_not() -> None:
    autumn = date(2026, 9, 1)
    assert where(Facts([enrolled("TC", autumn)]), on=autumn) == "TC"
    assert where(Facts([enrolled("TC", autumn)]), on=autumn - timedelta(days=1)) == "UNK"
    left = Facts([enrolled("TC", autumn, left_on=YEAR_END, left_reason=LeftReason.DROPOUT)])
    assert where(left, on=YEAR_END) == "UNK"
    assert where(left, on=YEAR_END - timedelta(days=1)) == "TC"


def test_a_dropout_after_the_cut_off_does_not_change_the_figure_of_the_cut_off() -> None:
    left = Facts([enrolled("THPT", date(2026, 8, 10), left_on=date(2027, 2, 1))])
    assert where(left) == "THPT"
    assert where(left, on=date(2027, 5, 31)) == "UNK"


def test_a_course_completed_before_the_cut_off_still_counts() -> None:
    by_date = enrolled("SC", date(2026, 6, 15), completed_on=date(2026, 10, 1))
    by_reason = enrolled("SC", date(2026, 6, 15), left_on=date(2026, 10, 1), left_reason=LeftReason.COMPLETED)
    both = enrolled("SC", date(2026, 6, 15), left_on=date(2026, 10, 1), completed_on=date(2026, 10, 1))
    assert [where(Facts([one])) for one in (by_date, by_reason, both)] == ["SC", "SC", "SC"]


def test_a_grade_10_row_that_was_never_closed_does_not_follow_a_thpt_completion() -> None:
    facts = Facts([enrolled("THPT", date(2023, 9, 5)), enrolled("GDTX", date(2023, 9, 5))])
    assert where(facts, stage=Stage.THPT, recognised_on=JULY) == "UNK"
    repeated = Facts([enrolled("THPT", date(2026, 9, 5))])
    assert where(repeated, stage=Stage.THPT, recognised_on=JULY) == "UNK"


def test_short_courses_follow_thpt_only_from_1_january_of_the_year_of_recognition() -> None:
    for kind in ("SC", "DTTX"):
        before = Facts([enrolled(kind, date(2025, 12, 31))])
        since = Facts([enrolled(kind, date(2026, 1, 1))])
        assert where(before, stage=Stage.THPT, recognised_on=JULY) == "UNK"
        assert where(since, stage=Stage.THPT, recognised_on=JULY) == kind


def test_tc_thn_and_cd_run_through_a_thpt_completion() -> None:
    for kind in ("TC", "THN", "CD"):
        running = Facts([enrolled(kind, date(2024, 9, 5))])
        ended_that_spring = Facts([enrolled(kind, date(2024, 9, 5), completed_on=date(2026, 5, 1))])
        ended_long_ago = Facts([enrolled(kind, date(2023, 9, 5), completed_on=date(2025, 6, 1))])
        assert where(running, stage=Stage.THPT, recognised_on=JULY) == kind
        assert where(ended_that_spring, stage=Stage.THPT, recognised_on=JULY) == kind
        assert where(ended_long_ago, stage=Stage.THPT, recognised_on=JULY) == "UNK"


def test_after_thcs_every_row_of_that_year_or_later_counts_and_no_earlier_one() -> None:
    for kind in ProgrammeKind:
        assert where(Facts([enrolled(kind, date(2026, 1, 1))])) == kind
        assert where(Facts([enrolled(kind, date(2025, 12, 31))])) == "UNK"


def test_both_halves_of_a_9_plus_are_one_destination_until_one_stops() -> None:
    gdtx = enrolled("GDTX", date(2026, 9, 4))
    tc = enrolled("TC", date(2026, 9, 10))
    tc_stopped = enrolled("TC", date(2026, 9, 10), left_on=date(2026, 11, 1))
    gdtx_stopped = enrolled("GDTX", date(2026, 9, 4), left_on=date(2026, 11, 1))
    assert where(Facts([gdtx, tc])) == "GDTX_TC"
    assert where(Facts([gdtx, tc_stopped])) == "GDTX"
    assert where(Facts([gdtx, tc_stopped]), on=date(2026, 10, 31)) == "GDTX_TC"
    assert where(Facts([gdtx_stopped, tc])) == "TC"
    assert where(Facts([gdtx, tc]), on=date(2026, 9, 5)) == "GDTX"


def test_states_yield_to_enrolments_and_the_latest_of_them_holds() -> None:
    states = [said("EMP", date(2026, 6, 1)), said("NEET", date(2026, 9, 1))]
    assert where(Facts(states=states)) == "NEET"
    assert where(Facts(states=states), on=date(2026, 8, 31)) == "EMP"
    assert where(Facts([enrolled("DTTX", date(2026, 10, 1))], states)) == "DTTX"
    assert where(Facts(states=[said("MIL", YEAR_END)]), on=YEAR_END) == "MIL"


def test_of_two_states_of_one_day_the_one_recorded_later_holds() -> None:
    day = date(2026, 9, 1)
    assert where(Facts(states=[said("NEET", day, 2), said("EMP", day, 1)])) == "NEET"
    assert where(Facts(states=[said("NEET", day, 1), said("EMP", day, 2)])) == "EMP"


def test_what_has_ended_or_returned_leaves_nothing() -> None:
    earlier = said("NEET", date(2026, 6, 1))
    hired = said("EMP", date(2026, 7, 1), ended_on=date(2026, 10, 31))
    assert where(Facts(states=[earlier, hired]), on=date(2026, 10, 31)) == "EMP"
    assert where(Facts(states=[earlier, hired])) == "UNK"
    back = said(None, date(2026, 9, 1))
    assert where(Facts(states=[said("LEFT", date(2026, 6, 1)), back])) == "UNK"


def test_a_pupil_who_moved_counts_by_the_enrolment_that_is_known() -> None:
    facts = Facts([enrolled("THPT", date(2026, 8, 10))], [said("LEFT", date(2026, 9, 1))])
    assert where(facts) == "THPT"


def test_death_holds_for_ever_above_everything() -> None:
    facts = Facts([enrolled("DH", date(2026, 9, 1))], [said(None, date(2026, 12, 1))], date(2026, 8, 2))
    assert where(facts, stage=Stage.THPT, recognised_on=JULY) == "DEC"
    assert where(facts, on=date(2026, 8, 1)) == "UNK"
    assert where(Facts(died_on=date(2026, 1, 1))) == "DEC"


# A slow and obvious reading of the same rules: one day, straight from the facts.


def obvious(stage: Stage, recognised_on: date, facts: Facts, *, on: date) -> Destination:
    """The destination on one day."""
    if facts.died_on is not None and facts.died_on <= on:
        return Destination.DEC
    held = {Destination.UNK}
    for row in facts.enrolments:
        if obviously_follows(row, stage, recognised_on) and obviously_active(row, on):
            held.add(Destination(row.kind))
    if {Destination.GDTX, Destination.TC} <= held:
        held.add(Destination.GDTX_TC)
    begun = [state for state in facts.states if state.since <= on]
    if begun:
        last = max(begun, key=lambda state: (state.since, state.recorded))
        over = last.ended_on is not None and on > last.ended_on
        if last.destination is not None and not over:
            held.add(last.destination)
    return next(destination for destination in RULES.precedence if destination in held)


def obviously_follows(row: Enrolment, stage: Stage, recognised_on: date) -> bool:
    """Whether a row can follow the completion."""
    in_that_year = row.admitted_on.year >= recognised_on.year
    if stage is Stage.THCS:
        return in_that_year
    if row.kind in ("THPT", "GDTX"):
        return False
    if in_that_year:
        return True
    if row.kind in ("SC", "DTTX"):
        return False
    end = row.completed_on or row.left_on
    return end is None or end.year >= recognised_on.year


def obviously_active(row: Enrolment, on: date) -> bool:
    """Whether a row is active on a day: admitted and not left, where completing is not leaving."""
    if row.admitted_on > on:
        return False
    if row.completed_on is not None or row.left_reason is LeftReason.COMPLETED:
        return True
    return row.left_on is None or row.left_on > on


DAYS = st.dates(date(2025, 10, 1), date(2027, 3, 31))
ENROLMENTS = st.builds(
    Enrolment,
    st.sampled_from(ProgrammeKind),
    DAYS,
    left_on=st.none() | DAYS,
    left_reason=st.none() | st.sampled_from(LeftReason),
    completed_on=st.none() | DAYS,
)
STATES = st.lists(
    st.builds(
        State,
        st.none() | st.sampled_from([Destination(code) for code in ("EMP", "NEET", "MIL", "LEFT", "RET")]),
        DAYS,
        st.tuples(st.integers(0, 3), st.sampled_from("abcdefgh")),
        ended_on=st.none() | DAYS,
    ),
    max_size=4,
    unique_by=lambda state: (state.since, state.recorded),
).map(
    lambda states: [
        state
        if state.ended_on is None or state.ended_on >= state.since
        else State(state.destination, state.since, state.recorded)
        for state in states
    ]
)


@given(
    stage=st.sampled_from(Stage),
    recognised_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    facts=st.builds(Facts, st.lists(ENROLMENTS, max_size=4), STATES, st.none() | DAYS),
)
def test_the_spells_agree_with_the_obvious_reading_on_every_day(
    stage: Stage, recognised_on: date, facts: Facts
) -> None:
    found = spells(stage, recognised_on, facts=facts, rules=RULES)
    assert found[0].since == recognised_on
    assert found[-1].until == FOREVER
    for before, after in pairwise(found):
        assert before.until == after.since
        assert before.destination != after.destination
    for offset in range(0, 500, 3):
        on = recognised_on + timedelta(days=offset)
        (spell,) = (one for one in found if one.since <= on < one.until)
        assert spell.destination == obvious(stage, recognised_on, facts, on=on)
