"""The tables of linkage: identities as heard, links as published, reviewers' decisions.

`record` follows from the identity topics, `link` and `decision` from linkage's own topic; a replay rebuilds
all three and decides nothing. No fact about a person is kept here but the kind of the row.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.web.tables import web_tables


class Base(DeclarativeBase):
    """All tables of `linkage`."""


class Record(Base):
    """A source row's identity, and the keys under which it is found.

    A row that was taken back keeps its sequence and loses its identity. `first_recorded_us`: when the row was
    first heard of by its source, microseconds since 1970. The keys are those of `known.Known`.
    """

    __tablename__ = "record"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    record_kind: Mapped[str | None] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.Text)
    first_recorded_us: Mapped[int] = mapped_column(sa.BigInteger)
    identity: Mapped[str | None] = mapped_column(sa.Text)
    personal_number: Mapped[str | None] = mapped_column(sa.Text, index=True)
    number_hint: Mapped[str | None] = mapped_column(sa.Text, index=True)
    name_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    year_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    partial_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    bucket: Mapped[str | None] = mapped_column(sa.Text, index=True)


class Link(Base):
    """What linkage last said of a record on its topic.

    With a `person_id` the record is linked, else `unlinked_reason` says why not. `review_reason` is filled
    while a person must look; `review_opened_us` says since when.
    """

    __tablename__ = "link"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    person_id: Mapped[str | None] = mapped_column(sa.Text, index=True)
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    unlinked_reason: Mapped[str | None] = mapped_column(sa.String(24))
    review_reason: Mapped[str | None] = mapped_column(sa.String(24), index=True)
    review_opened_us: Mapped[int | None] = mapped_column(sa.BigInteger)


class ReviewDecision(Base):
    """What a reviewer last said of a record: same person as `same_as`, or (none) somebody else.

    `taken_back`: it does not hold any more. `decided_by`: id of the reviewer's key.
    """

    __tablename__ = "decision"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    same_as: Mapped[str | None] = mapped_column(sa.Text, index=True)
    taken_back: Mapped[bool] = mapped_column(sa.Boolean)
    decided_by: Mapped[str] = mapped_column(sa.Text)
    decided_us: Mapped[int] = mapped_column(sa.BigInteger)


class Turn(Base):
    """One row that whoever decides locks first: two workers that each see half of a block would both err."""

    __tablename__ = "turn"

    name: Mapped[str] = mapped_column(sa.String(12), primary_key=True)


MESSAGING = messaging_tables(Base.metadata)
web_tables(Base.metadata)

RECORD = Base.metadata.tables["record"]
LINK = Base.metadata.tables["link"]
DECISION = Base.metadata.tables["decision"]
TURN = Base.metadata.tables["turn"]
