"""The order of arrival does not matter: whatever happens, deciding everything at once changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.linkage.clusters.parts import small_parts
from services.linkage.clusters.policy import LARGEST_PART
from services.linkage.deciding import decide_everything
from services.linkage.deriving import take_turn
from services.linkage.model.blocking import OVERSIZE
from services.linkage.models import BLOCKING_KEY, LINK, MESSAGING, PAIR, REBUILT, RECORD, WORD
from services.linkage.reaching import read_around
from services.linkage.words import mentioned
from shared.contracts import Identity
from shared.database import Database, chunked
from tests.services.linkage.town import BINH_LU, KON_BRAIH, NOW, Town, open_town, rows

USUAL = (OVERSIZE, LARGEST_PART)
REFS = [f"{kind}{number}" for kind in "ce" for number in range(5)]
QUIET = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}

identities = st.builds(
    Identity,
    personal_number=st.sampled_from([None, None, None, "000211000001", "000311987654"]),
    personal_number_as_written=st.sampled_from([None, None, None, None, "211000001"]),
    full_name=st.sampled_from(["Lò Thị Mai"] * 5 + ["Lò Thị Mây"] * 3 + ["Vàng A Páo", None]),
    dob=st.sampled_from(["2011-03-09"] * 6 + ["2011-03-10", "2011", None]),
    sex=st.sampled_from(["F"] * 6 + ["M", None]),
    residence_code=st.sampled_from([None, BINH_LU, BINH_LU, KON_BRAIH]),
    residence_on=st.just(NOW),
    mother_name=st.sampled_from([None, None, "Lò Thị Hoa"]),
)
hearings = st.lists(
    st.tuples(st.sampled_from(REFS), st.one_of(identities, identities, identities, st.none())),
    min_size=1,
    max_size=4,
)
acts = st.tuples(
    st.sampled_from(["same", "same", "another", "back", "merge", "split", "unlink", "undo"]),
    st.sampled_from(REFS),
    st.sampled_from(REFS),
)
happenings = st.lists(st.one_of(hearings, hearings, acts), min_size=4, max_size=8)
population = st.fixed_dictionaries(dict.fromkeys(REFS, identities))


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Database]]:
    """Opens databases that last as long as the module."""
    opened: dict[str, Database] = {}

    def open_named(name: str) -> Database:
        if name not in opened:
            folder: Path = tmp_path_factory.mktemp(name)
            opened[name] = open_town(f"sqlite:///{folder}", durable=False)
        _wipe(opened[name])
        return opened[name]

    yield open_named
    for database in opened.values():
        database.dispose()


@given(
    people=population,
    story=happenings,
    bounds=st.sampled_from(
        [(2, OVERSIZE), (3, OVERSIZE), (OVERSIZE, 2), (OVERSIZE, 3), (OVERSIZE, 5), USUAL, USUAL]
    ),
)
@settings(max_examples=120, **QUIET)  # type: ignore[arg-type]
def test_deciding_what_is_concerned_comes_to_what_deciding_everything_does(
    make: Callable[[str], Database],
    people: dict[str, Identity],
    story: list[object],
    bounds: tuple[int, int],
) -> None:
    crowd, largest = bounds
    town = Town(make("order"), crowd=crowd, largest=largest)
    for few in chunked(people.items(), 3):
        town.hear(*few)
    for happening in story:
        _happen(town, happening)
        _check(town)
    rebuilt = make("rebuilt")
    town.rebuild_into(rebuilt)
    assert rows(rebuilt) == rows(town.database)


@given(people=population, order=st.permutations(REFS), size=st.integers(1, 10))
@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
def test_persons_and_reviews_do_not_depend_on_the_order_of_arrival(
    make: Callable[[str], Database], people: dict[str, Identity], order: list[str], size: int
) -> None:
    assert _outcome(Town(make("one")), people, [REFS]) == _outcome(
        Town(make("other")), people, list(chunked(order, size))
    )


@given(people=population, order=st.permutations(REFS))
@settings(max_examples=5, **QUIET)  # type: ignore[arg-type]
def test_the_order_does_not_matter_on_postgresql_either(
    town: Town, make: Callable[[str], Database], people: dict[str, Identity], order: list[str]
) -> None:
    _wipe(town.database)
    town.sequences.clear()
    assert _outcome(town, people, list(chunked(order, 4))) == _outcome(Town(make("one")), people, [REFS])


def _outcome(
    town: Town, people: dict[str, Identity], batches: Sequence[Sequence[str]]
) -> tuple[set[frozenset[str]], dict[str, str]]:
    """Persons and reviews; all records are first heard of at one instant, in whatever order."""
    for refs in batches:
        heard = [town.envelope(ref, people[ref], at=0) for ref in refs]
        town.receive(heard)
    return town.partition(), town.reviews()


def _happen(town: Town, happening: object) -> None:
    if isinstance(happening, list):
        heard = {ref: identity for ref, identity in happening if identity or ref in town.sequences}
        if heard:
            town.hear(*heard.items())
        return
    assert isinstance(happening, tuple)
    act, ref, other = happening
    if not town.is_usual:
        return  # reviewers' commands decide with the bounds of production
    with town.database.read() as session:
        there = set(session.scalars(sa.select(RECORD.c.record_ref).where(RECORD.c.identity.is_not(None))))
        said = session.execute(sa.select(WORD.c.about).where(~WORD.c.taken_back)).all()
    links = town.links()
    mine, theirs = (links[one].person_id if one in links else None for one in (ref, other))
    possible: dict[str, tuple[bool, Callable[[], Any]]] = {
        "same": (ref != other and {ref, other} <= there, lambda: town.decide(ref, other)),
        "another": (ref in there, lambda: town.decide(ref, None)),
        "back": ((ref,) in said, lambda: town.take_back(ref)),
        "merge": (None not in (mine, theirs) and mine != theirs, lambda: town.merge(ref, other)),
        "split": (
            mine is not None and sum(row.person_id == mine for row in links.values()) > 1,
            lambda: town.split(ref),
        ),
        "unlink": (ref in there, lambda: town.unlink(ref)),
        "undo": (bool(said), lambda: town.undo()),
    }
    is_possible, run = possible[act]
    if is_possible:
        run()


def _check(town: Town) -> None:
    """Everything computed again is what is there, and deciding everybody says nothing new."""
    computed = _computed(town.database)
    said = len(town.published())
    _check_parts(town)
    with town.database.write() as session:
        decide_everything(take_turn(session, crowd=town.crowd, largest=town.largest), town.clock)
    assert _computed(town.database) == computed
    assert town.published()[said:] == []


def _check_parts(town: Town) -> None:
    """What is read around everybody are the parts of the whole graph."""
    with town.database.write() as session:
        desk = take_turn(session, crowd=town.crowd, largest=town.largest)
        numbers = sorted(session.scalars(sa.select(RECORD.c.id).where(RECORD.c.features.is_not(None))))
        around = read_around(desk, numbers)
        pairs = session.execute(sa.select(PAIR.c.record, PAIR.c.other, PAIR.c.evidence_bits)).all()
        ids = {kept.ref: number for number, kept in around.kept.items()}
    place = {number: order for order, number in enumerate(numbers)}
    told = [[place[ids[ref]] for ref in mentioned(word) if ref in ids] for word in around.words.values()]
    labels = small_parts(
        len(numbers),
        [(place[one], place[other], bits) for one, other, bits in pairs],
        [tie for places in told for tie in pairwise(places)],
        floor=desk.judge.evidence.floor_bits,
        largest=town.largest,
    )
    assert [around.part[number] for number in numbers] == [numbers[label] for label in labels]


def _computed(database: Database) -> list[list[tuple[Any, ...]]]:
    with database.read() as session:
        found = [
            sorted(tuple(row) for row in session.execute(sa.select(made))) for made in (BLOCKING_KEY, PAIR)
        ]
        crowd = sa.select(RECORD.c.id, RECORD.c.features, RECORD.c.is_crowded).where(
            RECORD.c.features.is_not(None)
        )
        found.append(sorted(tuple(row) for row in session.execute(crowd)))
        sure = sa.select(LINK.c.record_ref, LINK.c.probability, LINK.c.weight_bits).order_by(
            LINK.c.record_ref
        )
        found.append([(ref, p and round(p, 6), w and round(w, 6)) for ref, p, w in session.execute(sure)])
    return found


def _wipe(database: Database) -> None:
    with database.write() as session:
        for made in (*REBUILT, BLOCKING_KEY, PAIR, MESSAGING.outbox):
            if made.name != "derivation":
                session.execute(sa.delete(made))
        session.execute(sa.text("UPDATE derivation SET stamp = NULL"))
