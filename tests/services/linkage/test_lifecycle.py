"""Merge, split, unlink and undo; and data folders from before numbers were sealed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.linkage import commands, queries
from services.linkage.equipment import equip_with, features_again
from services.linkage.features import COLUMNS, row
from services.linkage.sealing import Seal, WrongKey
from shared.contracts import Identity
from shared.contracts.linkage import WordGiven
from shared.database import open_database
from shared.errors import Invalid
from tests.services.linkage.town import MIGRATIONS, SEAL, Town, open_town, person, rows

ONE, TWO = "000311000001", "000411987654"


def test_a_merge_joins_two_persons_and_is_undone_in_one_action(town: Town) -> None:
    town.hear(("c1", Identity(personal_number=ONE)), ("c2", Identity(personal_number=TWO)))
    before = town.partition()
    done = town.merge("c1", "c2")
    assert town.partition() == {frozenset({"c1", "c2"})}
    assert set(done.person_ids) == {"c1", "c2"}
    town.undo(done.word_id)
    assert town.partition() == before
    with pytest.raises(commands.NothingToUndo):
        town.undo(done.word_id)


def test_a_split_parts_records_and_holds_against_the_number(town: Town) -> None:
    town.hear(("c1", Identity(personal_number=ONE)), ("e1", Identity(personal_number=ONE)))
    town.hear(("e2", Identity(personal_number=ONE)))
    town.split("e1", "e2")
    assert town.partition() == {frozenset({"c1"}), frozenset({"e1", "e2"})}
    town.undo()
    assert town.partition() == {frozenset({"c1", "e1", "e2"})}
    with pytest.raises(commands.NotOfPerson):
        town.split("c1", "e1", "e2")


def test_an_unlinked_record_stays_alone_and_its_history_says_why(town: Town, tmp_path: Path) -> None:
    town.hear(("c1", Identity(personal_number=ONE)), ("e1", Identity(personal_number=ONE)))
    word_id = town.unlink("e1").word_id
    assert town.unlinked() == {"e1": "reviewer"}
    town.hear(("e1", person(personal_number=ONE)))
    assert town.unlinked() == {"e1": "reviewer"}
    with town.database.read() as session:
        found = queries.history(session, "e1")
    assert [(said["cause"], said["holds"]) for said in found["said"]] == [
        ("evidence", False),
        ("unlink", True),
    ]
    assert [(word["word_id"], word["reason"]) for word in found["words"]] == [(word_id, "thử")]
    assert [e.sequence for e in town.published() if isinstance(e.data, WordGiven)] == [1]
    other = open_town(f"sqlite:///{tmp_path / 'other'}")
    town.rebuild_into(other)
    assert rows(other) == rows(town.database)
    other.dispose()


def test_the_newest_that_holds_is_undone_first_and_every_record_is_unlinked_by_a_word_of_its_own(
    town: Town,
) -> None:
    town.hear(*((ref, Identity(personal_number=ONE)) for ref in ("c1", "e1", "e2")))
    first, second = town.unlink("e1"), town.unlink("e2")
    assert first.word_id != second.word_id
    assert town.unlink("e1") == first
    assert town.undo().word_id == second.word_id
    assert town.partition() == {frozenset({"c1", "e2"})}
    assert town.undo().word_id == first.word_id
    assert town.partition() == {frozenset({"c1", "e1", "e2"})}
    with pytest.raises(commands.NothingToUndo):
        town.undo()


def test_a_word_about_more_records_than_anybody_has_is_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.hear(*((ref, Identity(personal_number=ONE)) for ref in ("c1", "e1", "e2")))
    monkeypatch.setattr(commands, "MOST_RECORDS", 2)
    with pytest.raises(Invalid, match="nhiều nhất 2 hồ sơ"):
        town.split("e1", "e2")
    assert len(town.partition()) == 1
    monkeypatch.setattr(commands, "MOST_RECORDS", 3)
    town.split("e1", "e2")
    assert len(town.partition()) == 2


def test_a_stored_identity_has_no_number_and_another_key_is_refused(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)))
    with town.database.read() as session:
        told = repr(session.execute(sa.text("SELECT * FROM record")).all())
    assert ONE not in told
    equip_with(town.database, Seal(bytes(32)))
    with pytest.raises(WrongKey):
        town.hear(("c2", person()))


@pytest.mark.parametrize("written", [ONE, "000 311.000.001", "311000001", f"HS-{ONE}"])
@pytest.mark.parametrize("field", ["student_id", "phone"])
def test_a_number_in_another_field_is_nowhere_in_the_store_either(
    town: Town, field: str, written: str
) -> None:
    town.hear(("e1", person(personal_number=ONE, **{field: "0912345678"})))
    town.hear(("c1", person(personal_number=ONE, **{field: written})))
    query = sa.text("SELECT identity, number, features FROM record ORDER BY record_ref")
    with town.database.read() as session:
        told, other = session.execute(query).all()
        shown = queries.review(session, "c1")["identity"]
    column = COLUMNS.index(field.removesuffix("_id"))
    assert (json.loads(told.identity).keys() & {field}, json.loads(told.features)[column]) == (set(), None)
    assert field not in shown
    assert "912345678" in json.loads(other.features)[column]
    assert json.loads(told.features) == json.loads(
        json.dumps(row(features_again(told.identity, told.number)))
    )
    assert town.partition() == {frozenset({"c1", "e1"})}


def test_a_store_from_before_is_sealed_and_decides_as_if_heard_now(url: str, tmp_path: Path) -> None:
    old = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, old, ignore=shutil.ignore_patterns("000[2-9]*", "__pycache__"))
    database = open_database(url, "linkage")
    equip_with(database, SEAL)
    database.upgrade(old)
    identity = person(personal_number=ONE).to_json()
    with database.write() as session:
        session.execute(
            sa.text(
                "INSERT INTO record (record_ref, sequence, record_kind, source, first_recorded_us, identity,"
                " personal_number) VALUES ('c1', 1, 'completion', '/school/local', 5, :identity, :number)"
            ),
            {"identity": identity, "number": ONE},
        )
        session.execute(
            sa.text("INSERT INTO decision VALUES ('c1', 3, NULL, FALSE, 'k1', 7)"),
        )
    database.upgrade(MIGRATIONS)
    with database.read() as session:
        assert ONE not in repr(session.execute(sa.text("SELECT * FROM record")).all())
    if database.dialect == "sqlite":
        assert ONE.encode() not in (tmp_path / "linkage.db").read_bytes()
    town = Town(database)
    town.hear(("e1", Identity(personal_number=ONE)))
    with database.write() as session:
        commands.take_back(session, town.clock, "c1", reviewer="k1")
    assert town.partition() == {frozenset({"c1", "e1"})}
    assert [e.sequence for e in town.published() if isinstance(e.data, WordGiven)] == [1]
    database.dispose()
