"""The tables of linkage: identities as heard, what was said of them, and what is computed to decide.

`record` follows from the identity topics, `link`, `link_past`, `word` and `word_record` from linkage's own
topics; a replay rebuilds them and decides nothing. `blocking_key`, `pair` and the columns marked `_DERIVED`
are computed from identities under the live model: after a replay, or when the model changes, `deriving`
computes them again. Samples, answers and versions of the model are linkage's own and follow from nothing.
No fact about a person is kept here but the kind of the row and the day that it is about.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.web.tables import web_tables

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DERIVED: dict[Any, Any] = {"digest": False}
_BY_KEY = {"sqlite_with_rowid": False}


class Base(DeclarativeBase):
    """All tables of `linkage`."""


class Record(Base):
    """A source row's identity. A row that was taken back keeps its sequence and loses its identity.

    `id`: its number in `blocking_key` and `pair`, given out in the order of arrival. `record_key`: the
    publisher's own key of the row. `first_recorded_us`: when the row was first heard of by its source,
    microseconds since 1970. `listed_on`: the ISO day that the row is about. `identity`: JSON text without the
    personal number; `number`: JSON text of the seals of that and of what its digits say (see `equipment`).
    `features`: see `services.linkage.features`. `is_crowded`: too many share its name and the rest.
    """

    __tablename__ = "record"
    __table_args__ = (sa.UniqueConstraint("record_ref", name="record_ref_once"),)

    id: Mapped[int] = mapped_column(_BIG_ID, primary_key=True, autoincrement=False, info=_DERIVED)
    record_ref: Mapped[str] = mapped_column(sa.Text)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    record_kind: Mapped[str | None] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.Text)
    record_key: Mapped[str | None] = mapped_column(sa.Text)
    first_recorded_us: Mapped[int] = mapped_column(sa.BigInteger)
    listed_on: Mapped[str | None] = mapped_column(sa.Text)
    identity: Mapped[str | None] = mapped_column(sa.Text)
    number: Mapped[str | None] = mapped_column(sa.Text)
    features: Mapped[str | None] = mapped_column(sa.Text, info=_DERIVED)
    is_crowded: Mapped[bool] = mapped_column(sa.Boolean, info=_DERIVED)


class BlockingKey(Base):
    """Which records stand under a key (`model.blocking`), clustered by key."""

    __tablename__ = "blocking_key"
    __table_args__ = _BY_KEY

    key: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    record: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)


class Pair(Base):
    """A pair whose evidence reaches the lowest line, once from each end. `levels`: JSON list (`model`)."""

    __tablename__ = "pair"
    __table_args__ = _BY_KEY

    record: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    other: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    weight_bits: Mapped[float] = mapped_column(sa.Double)
    name_tf_bits: Mapped[float] = mapped_column(sa.Double)
    evidence_bits: Mapped[float] = mapped_column(sa.Double)
    levels: Mapped[str] = mapped_column(sa.Text)


class Link(Base):
    """What linkage last said of a record on its topic.

    With a `person_id` the record is linked, else `unlinked_reason` says why not. `review_reason` is filled
    while a person must look; `review_opened_us` says since when. `link_sequence`, `said_us`, `cause`,
    `word_id`: of the last link event, where it was said with a cause. Weight, probability: of what ties it.
    """

    __tablename__ = "link"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    person_id: Mapped[str | None] = mapped_column(sa.Text, index=True)
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    unlinked_reason: Mapped[str | None] = mapped_column(sa.String(24))
    review_reason: Mapped[str | None] = mapped_column(sa.String(24), index=True)
    review_opened_us: Mapped[int | None] = mapped_column(sa.BigInteger)
    link_sequence: Mapped[int | None] = mapped_column(sa.Integer)
    said_us: Mapped[int | None] = mapped_column(sa.BigInteger)
    cause: Mapped[str | None] = mapped_column(sa.String(12))
    word_id: Mapped[str | None] = mapped_column(sa.Text)
    weight_bits: Mapped[float | None] = mapped_column(sa.Double, info=_DERIVED)
    probability: Mapped[float | None] = mapped_column(sa.Double, info=_DERIVED)


class LinkPast(Base):
    """What linkage said of a record before, by the sequence of the link event."""

    __tablename__ = "link_past"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    person_id: Mapped[str | None] = mapped_column(sa.Text, index=True)
    decided_by: Mapped[str | None] = mapped_column(sa.String(12))
    unlinked_reason: Mapped[str | None] = mapped_column(sa.String(24))
    cause: Mapped[str] = mapped_column(sa.String(12))
    word_id: Mapped[str | None] = mapped_column(sa.Text)
    said_us: Mapped[int] = mapped_column(sa.BigInteger)


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


class Derivation(Base):
    """One row: under which model and for about how many records the derived tables were computed.

    None: they must be computed. `frequencies`: how common values were among the records then, JSON text.
    """

    __tablename__ = "derivation"

    name: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    stamp: Mapped[str | None] = mapped_column(sa.Text, info=_DERIVED)
    size: Mapped[int | None] = mapped_column(sa.BigInteger, info=_DERIVED)
    frequencies: Mapped[str | None] = mapped_column(sa.Text, info=_DERIVED)


class Turn(Base):
    """One row that whoever decides locks first: two workers that each see half of a person would both err.

    `version` counts turns, so that a memory of rows knows when somebody else wrote. `seal`: fingerprint of
    the key under which the numbers are sealed.
    """

    __tablename__ = "turn"

    name: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    seal: Mapped[str | None] = mapped_column(sa.Text)


class ModelVersion(Base):
    """A version of the model: JSON texts of settings document, frequencies and evidence table.

    `state`: proposed, live, past or rejected. Without a live one the shipped model holds. `report`: the
    comparison with the live one of its day, JSON text.
    """

    __tablename__ = "model_version"

    version: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(12))
    document: Mapped[str] = mapped_column(sa.Text)
    frequencies: Mapped[str] = mapped_column(sa.Text)
    evidence: Mapped[str] = mapped_column(sa.Text)
    report: Mapped[str | None] = mapped_column(sa.Text)
    proposed_us: Mapped[int] = mapped_column(sa.BigInteger)
    adopted_us: Mapped[int | None] = mapped_column(sa.BigInteger)
    adopted_by: Mapped[str | None] = mapped_column(sa.Text)
    reason: Mapped[str | None] = mapped_column(sa.Text)


class ReviewAnswer(Base):
    """What each reviewer said of a record under review; `same_as` none: another person.

    `is_second`: given blind, without sight of the first answer; it measures and decides nothing.
    """

    __tablename__ = "review_answer"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    reviewer: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    is_second: Mapped[bool] = mapped_column(sa.Boolean)
    same_as: Mapped[str | None] = mapped_column(sa.Text)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    answered_us: Mapped[int] = mapped_column(sa.BigInteger)


class QualitySample(Base):
    """A pair drawn at random to be looked at, by what the machine thought of it.

    `band`: what the machine said of the record (`quality.Band`). `source`, `people` and `year`: of the
    record, to report by.
    """

    __tablename__ = "quality_sample"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    other_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    band: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.Text)
    people: Mapped[str] = mapped_column(sa.String(8))
    year: Mapped[int | None] = mapped_column(sa.Integer)
    probability: Mapped[float] = mapped_column(sa.Double)
    drawn_us: Mapped[int] = mapped_column(sa.BigInteger)


class QualityAnswer(Base):
    """Whether a reviewer takes the two records of a sampled pair for one person."""

    __tablename__ = "quality_answer"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    other_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    reviewer: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    is_same: Mapped[bool] = mapped_column(sa.Boolean)
    answered_us: Mapped[int] = mapped_column(sa.BigInteger)


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
    parted by a space. `given`: ids of the words that accepting it gave."""

    __tablename__ = "proposal_change"

    proposal_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    records: Mapped[str] = mapped_column(sa.Text)
    others: Mapped[str] = mapped_column(sa.Text)
    given: Mapped[str | None] = mapped_column(sa.Text)


MESSAGING = messaging_tables(Base.metadata)
web_tables(Base.metadata)

_TABLES = Base.metadata.tables
RECORD = _TABLES["record"]
BLOCKING_KEY = _TABLES["blocking_key"]
PAIR = _TABLES["pair"]
LINK = _TABLES["link"]
LINK_PAST = _TABLES["link_past"]
WORD = _TABLES["word"]
WORD_RECORD = _TABLES["word_record"]
DERIVATION = _TABLES["derivation"]
TURN = _TABLES["turn"]
MODEL_VERSION = _TABLES["model_version"]
REVIEW_ANSWER = _TABLES["review_answer"]
QUALITY_SAMPLE = _TABLES["quality_sample"]
QUALITY_ANSWER = _TABLES["quality_answer"]
PROPOSAL = _TABLES["proposal"]
PROPOSAL_CHANGE = _TABLES["proposal_change"]

REBUILT = (RECORD, LINK, LINK_PAST, WORD, WORD_RECORD, DERIVATION)
"""The tables that follow from events alone."""
