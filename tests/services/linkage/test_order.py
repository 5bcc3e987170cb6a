"""The order of arrival does not matter: whatever happens, the links are those of all records at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.linkage.blocks import to_known
from services.linkage.known import Decision, crowded_keys
from services.linkage.models import DECISION, LINK, MESSAGING, RECORD
from services.linkage.rules import decide
from shared.contracts import Identity
from shared.database import Database, chunked, open_database
from tests.services.linkage.town import BINH_LU, KON_BRAIH, MIGRATIONS, NOW, Town, rows

REFS = [f"{kind}{number}" for kind in "ce" for number in range(5)]

identities = st.builds(
    Identity,
    personal_number=st.sampled_from([None, None, None, "000000000001", "000000000002"]),
    personal_number_as_written=st.sampled_from([None, None, None, None, "0000000001"]),
    full_name=st.sampled_from(["Lò Thị Mai"] * 5 + ["Lò Thị Mây"] * 3 + [None]),
    dob=st.sampled_from(["2011-03-09"] * 6 + ["2011-03-10", "2011", None]),
    sex=st.sampled_from(["F"] * 6 + ["M", None]),
    residence_code=st.sampled_from([None, None, None, BINH_LU, KON_BRAIH]),
    residence_on=st.just(NOW),
)
hearings = st.lists(
    st.tuples(st.sampled_from(REFS), st.one_of(identities, identities, identities, st.none())),
    min_size=1,
    max_size=4,
)
words = st.tuples(
    st.sampled_from(["same", "same", "another", "back"]), st.sampled_from(REFS), st.sampled_from(REFS)
)
happenings = st.lists(st.one_of(hearings, hearings, words), min_size=4, max_size=8)
population = st.fixed_dictionaries(dict.fromkeys(REFS, identities))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("order")
    opened = open_database(f"sqlite:///{folder}", "linkage", durable=False)
    opened.upgrade(MIGRATIONS)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("rebuilt")
    opened = open_database(f"sqlite:///{folder}", "linkage", durable=False)
    opened.upgrade(MIGRATIONS)
    yield opened
    opened.dispose()


@given(people=population, story=happenings, crowd=st.sampled_from([3, 4, 200, 200]))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
def test_deciding_a_block_comes_to_what_deciding_everything_does(
    database: Database,
    rebuilt: Database,
    people: dict[str, Identity],
    story: list[object],
    crowd: int,
) -> None:
    for one in (database, rebuilt):
        _wipe(one)
    town = Town(database, crowd=crowd)
    for few in chunked(people.items(), 3):
        town.hear(*few)
        _check(town)
    for happening in story:
        _happen(town, happening)
        _check(town)
    town.rebuild_into(rebuilt)
    assert rows(rebuilt) == rows(database)


def _happen(town: Town, happening: object) -> None:
    if isinstance(happening, list):
        heard = {ref: identity for ref, identity in happening if identity or ref in town.sequences}
        if heard:
            town.hear(*heard.items())
        return
    assert isinstance(happening, tuple)
    word, ref, other = happening
    if town.crowd != 200:
        return  # reviewers' commands decide with the crowd of production
    with town.database.read() as session:
        in_force = set(session.scalars(sa.select(RECORD.c.record_ref).where(RECORD.c.identity.is_not(None))))
        decided = set(session.scalars(sa.select(DECISION.c.record_ref).where(~DECISION.c.taken_back)))
    if word == "same" and ref != other and {ref, other} <= in_force:
        town.decide(ref, other)
    elif word == "another" and ref in in_force:
        town.decide(ref, None)
    elif word == "back" and ref in decided:
        town.take_back(ref)


def _check(town: Town) -> None:
    with town.database.read() as session:
        found = session.execute(sa.select(RECORD).where(RECORD.c.identity.is_not(None)))
        records = {row.record_ref: to_known(row) for row in found}
        kept = session.execute(sa.select(DECISION).where(~DECISION.c.taken_back))
        decisions = {row.record_ref: Decision(row.same_as) for row in kept}
    verdict = decide(records, decisions, crowded=crowded_keys(records.values(), town.crowd))
    expected = {
        frozenset(refs) for refs in verdict.persons().values() if len(refs) > 1 or records[refs[0]].completion
    }
    assert town.partition() == expected
    assert town.reviews() == {ref: str(reason) for ref, reason in verdict.reviews.items()}
    links = town.links()
    for ref in records:
        if links[ref].person_id is not None:
            assert links[ref].decided_by == verdict.decided_by[ref]
    assert {
        ref for ref, why in town.unlinked().items() if why == "withdrawn"
    } == links.keys() - records.keys()


def _wipe(database: Database) -> None:
    with database.write() as session:
        for made in (RECORD, LINK, DECISION, MESSAGING.outbox):
            session.execute(sa.delete(made))
