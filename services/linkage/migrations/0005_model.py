"""Sealed numbers, blocking keys, scored pairs, versions of the model, samples for the quality report.

Numbers that were stored plain are sealed and removed; SQLite overwrites what it frees. Decisions become
words. Features, keys and pairs are computed from the identities when linkage next decides (`deriving`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from services.linkage.equipment import SEAL_OPTION, sealed_identity
from services.linkage.words import legacy_sequence, legacy_word_id
from shared.contracts import Identity

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROWS_AT_ONCE = 2_000
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPTIONS = {"sqlite_with_rowid": False}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    _records(connection)
    _decisions(connection)
    _links()
    _pairs()
    _versions()
    _samples()


def _records(connection: sa.Connection) -> None:
    op.rename_table("record", "record_before")
    record = op.create_table(
        "record",
        sa.Column("id", _BIG_ID, primary_key=True, autoincrement=False),
        sa.Column("record_ref", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(12)),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text()),
        sa.Column("first_recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("listed_on", sa.Text()),
        sa.Column("identity", sa.Text()),
        sa.Column("number", sa.Text()),
        sa.Column("features", sa.Text()),
        sa.Column("is_crowded", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("record_ref", name="record_ref_once"),
    )
    op.create_table(
        "blocking_key",
        sa.Column("key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("record", sa.BigInteger(), primary_key=True, autoincrement=False),
        **_OPTIONS,
    )
    op.create_table(
        "derivation",
        sa.Column("name", sa.String(12), primary_key=True),
        sa.Column("stamp", sa.Text()),
        sa.Column("size", sa.BigInteger()),
    )
    connection.execute(sa.text("INSERT INTO derivation (name) VALUES ('linkage')"))
    op.add_column("turn", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("turn", sa.Column("seal", sa.Text()))
    assert record is not None  # noqa: S101 - offline mode alone returns none
    before = sa.table(
        "record_before",
        *(
            sa.column(name)
            for name in ("sequence", "record_kind", "source", "record_key", "first_recorded_us")
        ),
        sa.column("identity"),
        sa.column("record_ref", sa.Text()),
    )
    last, number = "", 0
    while rows := connection.execute(
        sa.select(before).where(before.c.record_ref > last).order_by(before.c.record_ref).limit(_ROWS_AT_ONCE)
    ).all():
        seal = connection.get_execution_options()[SEAL_OPTION].seal
        sealed = []
        for row in rows:
            number += 1
            kept = sealed_identity(Identity.from_json(row.identity), seal) if row.identity else None
            sealed.append(
                {
                    "id": number,
                    "record_ref": row.record_ref,
                    "sequence": row.sequence,
                    "record_kind": row.record_kind,
                    "source": row.source,
                    "record_key": row.record_key,
                    "first_recorded_us": row.first_recorded_us,
                    "listed_on": kept.listed_on if kept else None,
                    "identity": kept.identity if kept else None,
                    "number": kept.number if kept else None,
                    "is_crowded": False,
                }
            )
        connection.execute(sa.insert(record), sealed)
        last = rows[-1].record_ref
    connection.exec_driver_sql("DELETE FROM record_before")
    op.drop_table("record_before")


def _decisions(connection: sa.Connection) -> None:
    word = sa.table(
        "word",
        *(
            sa.column(name)
            for name in ("word_id", "sequence", "verb", "says", "records", "about", "decided_by", "given_us")
        ),
        sa.column("taken_back", sa.Boolean()),
        sa.column("taken_back_by"),
        sa.column("taken_back_us"),
    )
    tie = sa.table("word_record", sa.column("record_ref"), sa.column("word_id"))
    decision = sa.table(
        "decision",
        *(sa.column(n) for n in ("record_ref", "sequence", "same_as", "decided_by", "decided_us")),
        sa.column("taken_back", sa.Boolean()),
    )
    for row in connection.execute(sa.select(decision)).all():
        records = sorted({row.record_ref, row.same_as or row.record_ref})
        word_id = legacy_word_id(row.record_ref)
        connection.execute(
            sa.insert(word).values(
                word_id=word_id,
                sequence=legacy_sequence(row.sequence),
                verb="review",
                says="alone" if row.same_as is None else "same",
                records=" ".join(records),
                about=row.record_ref,
                decided_by=row.decided_by,
                given_us=row.decided_us,
                taken_back=row.taken_back,
                taken_back_by=row.decided_by if row.taken_back else None,
                taken_back_us=row.decided_us if row.taken_back else None,
            )
        )
        for ref in records:
            connection.execute(sa.insert(tie).values(record_ref=ref, word_id=word_id))
    op.drop_table("decision")


def _links() -> None:
    for column in (
        sa.Column("link_sequence", sa.Integer()),
        sa.Column("said_us", sa.BigInteger()),
        sa.Column("cause", sa.String(12)),
        sa.Column("word_id", sa.Text()),
        sa.Column("weight_bits", sa.Double()),
        sa.Column("probability", sa.Double()),
    ):
        op.add_column("link", column)
    op.create_table(
        "link_past",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.Text(), index=True),
        sa.Column("decided_by", sa.String(12)),
        sa.Column("unlinked_reason", sa.String(24)),
        sa.Column("cause", sa.String(12), nullable=False),
        sa.Column("word_id", sa.Text()),
        sa.Column("said_us", sa.BigInteger(), nullable=False),
    )


def _pairs() -> None:
    op.create_table(
        "pair",
        sa.Column("record", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("other", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("weight_bits", sa.Double(), nullable=False),
        sa.Column("name_tf_bits", sa.Double(), nullable=False),
        sa.Column("evidence_bits", sa.Double(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        **_OPTIONS,
    )


def _versions() -> None:
    op.create_table(
        "model_version",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("frequencies", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("report", sa.Text()),
        sa.Column("proposed_us", sa.BigInteger(), nullable=False),
        sa.Column("adopted_us", sa.BigInteger()),
        sa.Column("adopted_by", sa.Text()),
        sa.Column("reason", sa.Text()),
    )


def _samples() -> None:
    op.create_table(
        "review_answer",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("reviewer", sa.Text(), primary_key=True),
        sa.Column("is_second", sa.Boolean(), nullable=False),
        sa.Column("same_as", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("answered_us", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "quality_sample",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("other_ref", sa.Text(), primary_key=True),
        sa.Column("band", sa.String(12), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("people", sa.String(8), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("drawn_us", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "quality_answer",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("other_ref", sa.Text(), primary_key=True),
        sa.Column("reviewer", sa.Text(), primary_key=True),
        sa.Column("is_same", sa.Boolean(), nullable=False),
        sa.Column("answered_us", sa.BigInteger(), nullable=False),
    )
