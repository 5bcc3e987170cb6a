"""The database door: transactions, snapshots, hooks, bulk statements; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from shared.database import (
    Database,
    chunked,
    copy_rows,
    insert_ignore,
    insert_rows,
    is_transient,
    match_rows,
    open_database,
    upsert_newer,
    values_list,
)
from shared.errors import Unavailable

METADATA = MetaData()
NOTE = Table(
    "note",
    METADATA,
    Column("record_ref", String(40), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("body", Text),
    Column("written_on", Date),
    Column("written_at", DateTime(timezone=True)),
    Column("open", Boolean),
    Column("raw", LargeBinary),
)
PAIR = Table("pair", METADATA, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, "school")
    METADATA.create_all(opened.engine)
    yield opened
    METADATA.drop_all(opened.engine)
    opened.dispose()


def note(ref: str, sequence: int = 1, body: str = "x") -> dict[str, object]:
    return {
        "record_ref": ref,
        "sequence": sequence,
        "body": body,
        "written_on": date(2026, 5, 31),
        "written_at": datetime(2026, 5, 31, 1, 2, 3, 4, tzinfo=UTC),
        "open": True,
        "raw": b"\x00\xff",
    }


def bodies(database: Database) -> dict[str, str]:
    with database.read() as session:
        rows = session.execute(select(NOTE.c.record_ref, NOTE.c.body)).all()
    return {row.record_ref: row.body for row in rows}


def test_a_write_commits_at_the_end_and_rolls_back_on_an_error(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(NOTE), [note("a")])
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(insert(NOTE), [note("b"), note("a")])
    assert bodies(database) == {"a": "x"}


def test_a_read_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as session:
        before = session.scalar(select(func.count()).select_from(NOTE))
        with database.write() as other:
            other.execute(insert(NOTE), [note("a")])
        assert session.scalar(select(func.count()).select_from(NOTE)) == before == 0


def test_a_read_refuses_to_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read.?only"), database.read() as session:
        session.execute(insert(NOTE), [note("a")])


def test_hooks_run_after_a_commit_and_not_after_a_rollback(database: Database) -> None:
    calls: list[int] = []
    take_back = database.on_commit(lambda: calls.append(len(bodies(database))))
    with database.write() as session:
        session.execute(insert(NOTE), [note("a")])
    with pytest.raises(KeyError), database.write():
        raise KeyError
    take_back()
    with database.write():
        pass
    assert calls == [1]


def test_insert_ignore_returns_only_what_was_new(database: Database) -> None:
    with database.write() as session:
        assert insert_ignore(session, NOTE, [note("a"), note("b"), note("a", body="second")]) == {"a", "b"}
        assert insert_ignore(session, NOTE, [note("b"), note("c")]) == {"c"}
        assert insert_ignore(session, PAIR, [{"a": 1, "b": 2}, {"a": 1, "b": 3}]) == {(1, 2), (1, 3)}
        assert insert_ignore(session, NOTE, []) == set()
    assert bodies(database) == {"a": "x", "b": "x", "c": "x"}


def test_insert_ignore_takes_more_rows_than_one_statement_may_have(database: Database) -> None:
    rows = [note(f"{i:06d}") for i in range(12_345)]
    with database.write() as session:
        assert len(insert_ignore(session, NOTE, rows)) == 12_345


def test_values_come_back_as_they_were(database: Database) -> None:
    with database.write() as session:
        insert_ignore(session, NOTE, [note("a")])
        insert_rows(session, NOTE, [note("b"), {**note("c"), "body": None, "open": None}])
    with database.read() as session:
        rows = {row.record_ref: row for row in session.execute(select(NOTE))}
    assert rows["a"][1:] == rows["b"][1:]
    assert rows["a"].written_on == date(2026, 5, 31)
    assert rows["a"].open is True
    assert rows["a"].raw == b"\x00\xff"
    assert rows["c"].body is None


@pytest.mark.parametrize(
    "body",
    ["", " ", "NULL", "{}", '"', "\\", '\\"', "a,b", "{a}", "Nguyễn Thị 'Ánh'", "\n\t", "\U0001f600", None],
)
def test_any_text_is_written_as_it_is(database: Database, body: str | None) -> None:
    with database.write() as session:
        insert_rows(session, NOTE, [{**note("a"), "body": body}, {**note("b"), "body": "b"}])
        insert_ignore(session, NOTE, [{**note("c"), "body": body}])
        upsert_newer(session, NOTE, [{**note("b", 2), "body": body}])
    assert bodies(database) == {"a": body, "b": body, "c": body}


def test_a_text_longer_than_its_column_is_refused_where_the_database_looks(database: Database) -> None:
    if database.dialect == "sqlite":
        return
    with pytest.raises(DataError), database.write() as session:
        insert_rows(session, NOTE, [note("x" * 41)])
    with pytest.raises(ValueError, match="character 0"), database.write() as session:
        insert_rows(session, NOTE, [note("a", body="a\0b")])


def test_upsert_newer_keeps_the_greatest_sequence_in_any_order(database: Database) -> None:
    with database.write() as session:
        upsert_newer(session, NOTE, [note("a", 2, "two"), note("b", 1, "one")])
        upsert_newer(session, NOTE, [note("a", 1, "one"), note("b", 3, "three"), note("b", 2, "two")])
        upsert_newer(session, NOTE, [note("a", 2, "again")])
    assert bodies(database) == {"a": "two", "b": "three"}


def test_rows_are_copied_from_a_scratch_database_as_they_are(database: Database) -> None:
    with database.scratch() as scratch:
        METADATA.create_all(scratch.engine)
        with scratch.write() as session:
            insert_rows(session, NOTE, [note("a", 2, "copied"), {**note("b"), "body": None}])
            insert_rows(session, PAIR, [{"a": 1, "b": 2}, {"a": 1, "b": 3}])
        with database.write() as session, scratch.read() as rebuilt:
            insert_rows(session, PAIR, [{"a": 1, "b": 2}])
            copy_rows(rebuilt, session, NOTE)
            copy_rows(rebuilt, session, PAIR, ignore=True)
            copied = session.execute(select(NOTE).order_by(NOTE.c.record_ref)).all()
            assert copied == rebuilt.execute(select(NOTE).order_by(NOTE.c.record_ref)).all()
            assert session.execute(select(PAIR).order_by(PAIR.c.b)).all() == [(1, 2), (1, 3)]
            copy_rows(rebuilt, session, PAIR, names=["a", "b"], ignore=True)
    assert bodies(database) == {"a": "copied", "b": None}


def test_rows_are_made_equal_to_those_of_a_scratch_database(database: Database) -> None:
    wanted = [note("same"), {**note("was null"), "body": "x"}, {**note("is null"), "body": None}, note("new")]
    with database.scratch() as scratch:
        METADATA.create_all(scratch.engine)
        with scratch.write() as session:
            insert_rows(session, NOTE, wanted)
            insert_rows(session, PAIR, [{"a": 1, "b": 2}, {"a": 1, "b": 3}])
        with database.write() as session:
            insert_rows(session, NOTE, [note("same"), {**note("was null"), "body": None}, note("is null")])
            insert_rows(session, NOTE, [{**note("old"), "raw": b"\x01"}])
            insert_rows(session, PAIR, [{"a": 1, "b": 3}, {"a": 2, "b": 3}])
        with database.write() as session, scratch.read() as rebuilt:
            for table in (NOTE, PAIR):
                assert match_rows(rebuilt, session, table)
                assert set(session.execute(select(table))) == set(rebuilt.execute(select(table)))
                assert not match_rows(rebuilt, session, table)


@pytest.mark.parametrize("change", [{"body": None}, {"raw": b""}, {"open": False}, {"sequence": 2}])
def test_one_other_value_makes_a_row_another(database: Database, change: dict[str, object]) -> None:
    with database.scratch() as scratch:
        METADATA.create_all(scratch.engine)
        with scratch.write() as session:
            insert_rows(session, NOTE, [{**note("a"), **change}, {**note("b"), "body": None}])
        with database.write() as session, scratch.read() as rebuilt:
            insert_rows(session, NOTE, [note("a"), {**note("b"), "body": None}])
            assert match_rows(rebuilt, session, NOTE)
            assert not match_rows(rebuilt, session, NOTE)


def test_rows_that_are_more_or_fewer_are_noticed(database: Database) -> None:
    with database.scratch() as scratch:
        METADATA.create_all(scratch.engine)
        with scratch.write() as session:
            insert_rows(session, PAIR, [{"a": 1, "b": 2}])
        with database.write() as session, scratch.read() as rebuilt:
            assert match_rows(rebuilt, session, PAIR)
            insert_rows(session, PAIR, [{"a": 2, "b": 2}])
            assert match_rows(rebuilt, session, PAIR)
            assert session.execute(select(PAIR)).all() == [(1, 2)]


def test_a_copy_without_ignore_fails_on_a_key_that_is_there(database: Database) -> None:
    with database.scratch() as scratch:
        METADATA.create_all(scratch.engine)
        for each in (scratch, database):
            with each.write() as session:
                insert_rows(session, PAIR, [{"a": 1, "b": 2}])
        with (
            scratch.read() as rebuilt,
            pytest.raises(Exception, match=r"(?i)unique"),
            database.write() as session,
        ):
            copy_rows(rebuilt, session, PAIR)


def test_values_list_joins_with_given_keys(database: Database) -> None:
    with database.write() as session:
        insert_rows(session, NOTE, [note("a"), note("b"), note("c")])
        given = values_list(
            session,
            "given",
            {
                "ref": (String(), ["a", "c", "z"]),
                "day": (Date(), [date(2026, 5, 31), date(2026, 5, 30), None]),
            },
        )
        found = select(NOTE.c.record_ref).join(
            given, (given.c.ref == NOTE.c.record_ref) & (given.c.day == NOTE.c.written_on)
        )
        assert session.scalars(found).all() == ["a"]


def test_chunks_are_in_order_and_complete() -> None:
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_upgrade_runs_each_revision_once(database: Database, tmp_path: Path) -> None:
    (tmp_path / "0001_start.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision='0001'\ndown_revision=None\n"
        "def upgrade():\n    op.create_table('thing', sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    database.upgrade(tmp_path)
    (tmp_path / "0002_more.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision='0002'\ndown_revision='0001'\n"
        "def upgrade():\n    op.add_column('thing', sa.Column('name', sa.Text))\n"
    )
    database.upgrade(tmp_path)
    database.upgrade(tmp_path)
    with database.read() as session:
        assert session.execute(text("SELECT id, name FROM thing")).all() == []
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "0002"


def test_a_failing_revision_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    (tmp_path / "0001_start.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision='0001'\ndown_revision=None\n"
        "def upgrade():\n    op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    raise RuntimeError('stop')\n"
    )
    with pytest.raises(RuntimeError, match="stop"):
        database.upgrade(tmp_path)
    with pytest.raises(Exception, match="half"), database.read() as session:
        session.execute(text("SELECT * FROM half"))


def test_writers_take_turns(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(PAIR), [{"a": 0, "b": 0}])

    def add() -> None:
        for _ in range(20):
            with database.write() as session:
                session.execute(text("UPDATE pair SET b = b + 1 WHERE a = 0"))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(select(PAIR.c.b)) == 160


def test_a_write_inside_a_write_is_a_mistake_on_sqlite(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}", "school")
    with pytest.raises(RuntimeError, match="inside"), database.write(), database.write():
        pass
    database.dispose()


def test_services_do_not_see_each_others_tables(database: Database, database_url: str) -> None:
    other = open_database(database_url, "vocational")
    with pytest.raises(Exception, match="note"), other.read() as session:
        session.execute(select(NOTE))
    other.dispose()


def test_an_unreachable_database_is_said_without_its_password() -> None:
    with pytest.raises(Unavailable) as told:
        open_database("postgresql://me:geheim@127.0.0.1:9/db", "school", timeout_s=2)
    assert "127.0.0.1:9/db" in told.value.message
    assert "geheim" not in told.value.message


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        open_database(f"sqlite:///{tmp_path}/file/below", "school")


def test_only_errors_of_the_moment_are_transient(database: Database) -> None:
    with pytest.raises(Exception, match="nowhere") as missing, database.read() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert not is_transient(missing.value)
    with pytest.raises(IntegrityError) as broken, database.write() as session:
        session.execute(insert(PAIR), [{"a": 1, "b": 1}, {"a": 1, "b": 1}])
    assert not is_transient(broken.value)
    assert not is_transient(ValueError("x"))


def test_a_locked_sqlite_file_is_transient(tmp_path: Path) -> None:
    first = open_database(f"sqlite:///{tmp_path}", "school", timeout_s=0.05)
    second = open_database(f"sqlite:///{tmp_path}", "school", timeout_s=0.05)
    with first.write(), pytest.raises(Unavailable) as told, second.write():
        pass
    assert isinstance(told.value.__cause__, OperationalError)
    first.dispose()
    second.dispose()


def test_schema_names_are_plain(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain"):
        open_database(f"sqlite:///{tmp_path}", "school", schema="x; drop")


def test_what_a_database_carries_reaches_every_connection_and_its_scratch(database: Database) -> None:
    database.carry(seal="wax")
    with database.write() as session:
        assert session.connection().get_execution_options()["seal"] == "wax"
    with database.read() as session:
        assert session.connection().get_execution_options()["seal"] == "wax"
    with database.scratch() as scratch, scratch.write() as session:
        assert session.connection().get_execution_options()["seal"] == "wax"
