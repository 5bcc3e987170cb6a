"""Linkage as it hears identities: corrections, withdrawals, reviews, replay, redelivery."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.linkage import commands
from services.linkage.deciding import decide_everything
from services.linkage.deriving import take_turn
from services.linkage.models import DERIVATION
from shared.clock import FixedClock
from shared.contracts import Identity
from shared.contracts.codes import RecordKind
from shared.contracts.linkage import RecordLinked, RecordUnlinked, ReviewDecided, ReviewOpened
from tests.services.linkage.town import BINH_LU, KON_BRAIH, Town, open_town, person, rows

ONE, TWO, FAR = "000311000001", "000311000002", "000311987654"
"""Two numbers that differ in a digit, and one that has nothing to do with them."""


def bare(number: str) -> Identity:
    """A number and nothing else."""
    return Identity(personal_number=number)


def other_name(**changes: Any) -> Identity:
    """Somebody else under the number of `ONE`: never linked by it, always looked at."""
    return person(
        **{"personal_number": ONE, "full_name": "Vàng A Páo", "dob": "2010-01-02", "sex": "M", **changes}
    )


def test_an_enrolment_that_came_first_is_linked_when_its_leaver_comes(town: Town) -> None:
    town.hear(("e1", bare(ONE)))
    assert town.unlinked() == {"e1": "no_candidate"}
    town.hear(("c1", person(personal_number=ONE)))
    assert town.partition() == {frozenset({"c1", "e1"})}


def test_every_leaver_is_a_person_of_its_own(town: Town) -> None:
    town.hear(("c1", bare(ONE)), ("c2", bare(TWO)), ("c3", person()))
    assert town.partition() == {frozenset({"c1"}), frozenset({"c2"}), frozenset({"c3"})}


def test_two_completions_of_one_person_are_linked(town: Town) -> None:
    town.hear(("c1", bare(ONE)))
    town.hear(("c2", bare(ONE)))
    assert town.partition() == {frozenset({"c1", "c2"})}


def test_a_corrected_identity_is_decided_anew(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("c2", person(personal_number=TWO)), ("e1", bare(ONE)))
    town.hear(("e1", bare(TWO)))
    assert town.partition() == {frozenset({"c1"}), frozenset({"c2", "e1"})}


def test_a_correction_elsewhere_settles_what_was_in_review(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("c2", person(personal_number=FAR)), ("e1", person()))
    assert town.reviews()["e1"] == "several"
    town.hear(("c2", person(personal_number=FAR, full_name="Vàng A Páo", dob="2010-01-02", sex="M")))
    assert town.reviews() == {}
    assert town.partition() == {frozenset({"c1", "e1"}), frozenset({"c2"})}


def test_a_withdrawn_leaver_frees_its_records_and_comes_back(town: Town) -> None:
    town.hear(("c1", bare(ONE)), ("e1", bare(ONE)))
    before = town.links()["c1"].person_id
    town.hear(("c1", None))
    assert town.unlinked() == {"c1": "withdrawn", "e1": "no_candidate"}
    town.hear(("c1", bare(ONE)))
    assert town.partition() == {frozenset({"c1", "e1"})}
    assert town.links()["c1"].person_id != before


def test_a_person_keeps_the_oldest_pseudonym(town: Town) -> None:
    town.hear(("c1", person()))
    older = town.links()["c1"].person_id
    town.hear(("e1", bare(ONE)), ("e2", bare(ONE)))
    town.hear(("e2", person(personal_number=ONE)))
    assert {row.person_id for row in town.links().values()} == {older}


def test_the_larger_part_of_a_split_keeps_the_pseudonym(town: Town) -> None:
    town.hear(("c1", bare(ONE)), ("c2", bare(ONE)), ("e1", bare(ONE)))
    person_id = town.links()["c1"].person_id
    town.hear(("c1", bare(TWO)))
    links = town.links()
    assert links["c2"].person_id == links["e1"].person_id == person_id
    assert links["c1"].person_id not in (None, person_id)


def test_only_differences_are_published(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)))
    town.forget_published()
    town.hear(("e1", bare(ONE)), ("e2", bare(TWO)))
    said = [(envelope.subject, type(envelope.data), envelope.sequence) for envelope in town.published()]
    assert said == [("e1", RecordLinked, 1), ("e2", RecordUnlinked, 1)]


def test_a_review_is_published_without_a_name(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", other_name()))
    said = [envelope for envelope in town.published() if envelope.subject == "e1"]
    assert [type(envelope.data) for envelope in said] == [RecordUnlinked, ReviewOpened]
    assert [envelope.sequence for envelope in said] == [1, 2]
    assert "Mai" not in repr(town.published())


def test_a_redelivered_batch_changes_nothing(town: Town) -> None:
    envelopes = town.hear(("c1", person(personal_number=ONE)), ("e1", other_name()))
    state, said = rows(town.database), town.published()
    town.receive(envelopes)
    town.receive(envelopes[:1])
    assert rows(town.database) == state
    assert town.published() == said


def test_a_review_is_decided_changed_and_taken_back(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", other_name()))
    town.decide("e1", "c1")
    assert town.partition() == {frozenset({"c1", "e1"})}
    assert town.reviews() == {}
    town.decide("e1", None)
    assert town.unlinked() == {"e1": "reviewer"}
    assert town.reviews() == {}
    town.take_back("e1")
    assert town.unlinked() == {"e1": "review"}
    assert town.reviews() == {"e1": "number_contradicts"}


def test_a_wrong_merge_is_undone_in_one_action(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", person()))
    town.decide("e1", None)
    assert town.partition() == {frozenset({"c1"})}
    town.take_back("e1")
    assert town.partition() == {frozenset({"c1", "e1"})}


def test_a_decision_survives_what_comes_later(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", other_name()))
    town.decide("e1", "c1")
    town.hear(("c2", person(residence_code=KON_BRAIH)), ("e1", other_name(phone="0912345678")))
    assert frozenset({"c1", "e1"}) in town.partition()
    town.hear(("c1", None))
    town.hear(("c1", person(personal_number=ONE)))
    assert frozenset({"c1", "e1"}) in town.partition()


def test_a_decision_published_says_who_decided_and_the_same_twice_is_nothing_new(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", other_name()))
    town.decide("e1", "c1")
    said = town.published()
    town.decide("e1", "c1")
    assert town.published() == said
    decided = [envelope.data for envelope in said if isinstance(envelope.data, ReviewDecided)]
    word_id = decided[0].word_id
    assert word_id is not None
    assert decided == [ReviewDecided(record_ref="e1", same_as="c1", decided_by="k1", word_id=word_id)]
    assert [e.sequence for e in said if e.subject == "e1"] == [1, 2, 3, 4]


def test_a_decision_about_nobody_is_refused(town: Town) -> None:
    town.hear(("c1", person()))
    with pytest.raises(commands.UnknownRecord):
        town.decide("c1", "nobody")
    with pytest.raises(commands.SameRecord):
        town.decide("c1", "c1")
    with pytest.raises(commands.NothingDecided):
        town.take_back("c1")


def test_a_replay_gives_the_same_rows_and_publishes_nothing(town: Town, tmp_path: Path) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("c2", person(personal_number=TWO)), ("e1", person()))
    town.hear(("e2", person(dob="2011")), ("e3", bare(ONE)))
    town.decide("e1", "c2")
    town.decide("e2", None)
    town.take_back("e2")
    town.hear(("c2", None), ("e3", bare(TWO)))
    other = open_town(f"sqlite:///{tmp_path / 'other'}")
    town.rebuild_into(other)
    assert rows(other) == rows(town.database)
    assert Town(other).published() == []
    other.dispose()


def test_a_placement_is_linked_as_an_enrolment_is(town: Town) -> None:
    town.hear(("c1", bare(ONE)), ("p1", bare(ONE), RecordKind.PLACEMENT))
    assert town.partition() == {frozenset({"c1", "p1"})}


def test_ten_thousand_numbers_take_seconds(town: Town) -> None:
    start = time.monotonic()
    for batch in range(10):
        numbers = [f"{number:012d}" for number in range(batch * 500, batch * 500 + 500)]
        town.hear(*((f"c{number}", bare(number)) for number in numbers))
        town.hear(*((f"e{number}", bare(number)) for number in numbers))
    assert len(town.partition()) == 5_000
    assert time.monotonic() - start < 30


def test_thousands_of_namesakes_stay_persons_of_their_own_and_one_more_is_looked_at(town: Town) -> None:
    town.hear(*((f"c{number}", person()) for number in range(3_000)))
    start = time.monotonic()
    town.hear(("e1", person()))
    assert time.monotonic() - start < 2
    assert town.reviews()["e1"] == "several"
    assert len(town.partition()) == 3_000


def test_two_workers_that_each_hear_half_of_a_person_link_it(town: Town, url: str) -> None:
    other = Town(open_town(url), clock=FixedClock(town.clock.instant))
    numbers = [f"{number:012d}" for number in range(1, 41)]
    with ThreadPoolExecutor(2) as workers:
        halves = [
            workers.submit(lambda: [town.hear((f"c{number}", bare(number))) for number in numbers]),
            workers.submit(lambda: [other.hear((f"e{number}", bare(number))) for number in numbers]),
        ]
        for half in halves:
            half.result()
    assert town.partition() == {frozenset({f"c{number}", f"e{number}"}) for number in numbers}
    other.database.dispose()


def test_a_store_counts_how_common_a_day_and_a_commune_are(town: Town) -> None:
    """Of 300 leavers of one commune a third was registered on one 1 January: both say little of who it is."""
    births = ["2011-01-01" if n % 3 == 0 else f"2011-{n % 11 + 2:02}-{n % 27 + 1:02}" for n in range(300)]
    town.hear(*((f"c{n}", person(full_name=f"Lò {n:03b}", dob=dob)) for n, dob in enumerate(births[:150])))
    assert _counted(town) is None
    town.hear(*((f"c{n}", person(full_name=f"Lò {n:03b}", dob=births[n])) for n in range(150, 300)))
    tables = _counted(town)
    assert tables is not None
    assert tables["dob"]["bits"]["2011-01-01"] < 4 < tables["dob"]["floor_bits"]
    assert tables["commune"]["bits"] == {BINH_LU: pytest.approx(0, abs=0.3)}
    with town.database.write() as session:
        assert decide_everything(take_turn(session), town.clock) == 0
    assert _counted(town) == tables


def _counted(town: Town) -> Any:
    with town.database.read() as session:
        text = session.scalar(sa.select(DERIVATION.c.frequencies))
    return json.loads(text)["tables"] if text else None
