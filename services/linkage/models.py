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

    A row that was taken back keeps its sequence and loses its identity. `record_key`: the publisher's own
    key, where it told one. `first_recorded_us`: when the row was first heard of by its source,
    microseconds since 1970. The keys are those of `known.Known`.
    """

    __tablename__ = "record"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    record_kind: Mapped[str | None] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.Text)
    first_recorded_us: Mapped[int] = mapped_column(sa.BigInteger)
    record_key: Mapped[str | None] = mapped_column(sa.Text)
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


class WordRow(Base):
    """What somebody said of records: one person, apart, or alone (`shared.contracts.linkage.WordGiven`).

    `records` and `others` are references parted by a space. `given_us`, `taken_back_us`: microseconds since
    1970. A word from before words had ids has a sequence below 0.
    """

    __tablename__ = "word"

    word_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    verb: Mapped[str] = mapped_column(sa.String(12))
    says: Mapped[str] = mapped_column(sa.String(12))
    records: Mapped[str] = mapped_column(sa.Text)
    others: Mapped[str | None] = mapped_column(sa.Text)
    about: Mapped[str | None] = mapped_column(sa.Text, index=True)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    decided_by: Mapped[str] = mapped_column(sa.Text)
    given_us: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    taken_back: Mapped[bool] = mapped_column(sa.Boolean)
    taken_back_by: Mapped[str | None] = mapped_column(sa.Text)
    taken_back_reason: Mapped[str | None] = mapped_column(sa.Text)
    taken_back_us: Mapped[int | None] = mapped_column(sa.BigInteger)


class WordRecord(Base):
    """Which words speak of a record."""

    __tablename__ = "word_record"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    word_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)


class Proposal(Base):
    """What bulk linkage would change: "open" until a person accepts or rejects it.

    What was accepted can be undone. `model`: hash of the document it was made with. `records`: how many were
    linked.
    """

    __tablename__ = "proposal"

    proposal_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(12))
    model: Mapped[str] = mapped_column(sa.Text)
    records: Mapped[int] = mapped_column(sa.Integer)
    made_us: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    decided_us: Mapped[int | None] = mapped_column(sa.BigInteger)


class ProposalChange(Base):
    """One change of a proposal (`bulk.differences.Change`); `records`, `others` and `given` are references
    parted by a space. `given`: the records about which accepting it gave a word."""

    __tablename__ = "proposal_change"

    proposal_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    records: Mapped[str] = mapped_column(sa.Text)
    others: Mapped[str] = mapped_column(sa.Text)
    given: Mapped[str | None] = mapped_column(sa.Text)


class Turn(Base):
    """One row that whoever decides locks first: two workers that each see half of a block would both err."""

    __tablename__ = "turn"

    name: Mapped[str] = mapped_column(sa.String(12), primary_key=True)


MESSAGING = messaging_tables(Base.metadata)
web_tables(Base.metadata)

RECORD = Base.metadata.tables["record"]
LINK = Base.metadata.tables["link"]
DECISION = Base.metadata.tables["decision"]
WORD = Base.metadata.tables["word"]
WORD_RECORD = Base.metadata.tables["word_record"]
PROPOSAL = Base.metadata.tables["proposal"]
PROPOSAL_CHANGE = Base.metadata.tables["proposal_change"]
TURN = Base.metadata.tables["turn"]
