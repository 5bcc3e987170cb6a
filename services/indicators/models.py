"""The tables of the statistical plane: source rows without names, and what follows from them.

Two layers, both rebuilt from events alone:

- *What was heard*: `record` (a source row: its facts from one topic, its person from another, each half
  with its own sequence, so that the halves may come in any order and as often as they like),
  `institution`, `vacancy`, `heard` (how far each source is).
- *What follows*: `person` (how many rows of each kind), `pathway` (a completion row and its standing in
  the cohort), `spell` (where the person of a pathway is, from a day until before another), `tally` (how
  many persons change their destination on a day, per school, sex, people and residence).

No name, no personal number, no date of birth has a column here.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.web.tables import web_tables


class Base(DeclarativeBase):
    """All tables of `indicators`."""


class Record(Base):
    """A source row as the statistical plane knows it: facts (content topics) and person (links).

    `content_sequence` and `link_sequence` are 0 until that half is heard. A row that was taken back is not
    `active` and has no facts. `recorded_us`: when its facts were recorded, microseconds since 1970. Which
    of the fact columns are filled depends on `kind`.
    """

    __tablename__ = "record"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    link_sequence: Mapped[int] = mapped_column(sa.Integer, server_default="0")
    person_id: Mapped[str | None] = mapped_column(sa.Text)
    content_sequence: Mapped[int] = mapped_column(sa.Integer, server_default="0")
    kind: Mapped[str | None] = mapped_column(sa.String(12))
    active: Mapped[bool] = mapped_column(sa.Boolean, server_default=sa.false())
    recorded_us: Mapped[int | None] = mapped_column(sa.BigInteger)
    sex: Mapped[str | None] = mapped_column(sa.String(1))
    ethnic_code: Mapped[str | None] = mapped_column(sa.Text)
    residence_code: Mapped[str | None] = mapped_column(sa.Text)
    village: Mapped[str | None] = mapped_column(sa.Text)
    # completion
    school_code: Mapped[str | None] = mapped_column(sa.Text)
    stage: Mapped[str | None] = mapped_column(sa.String(4))
    school_year: Mapped[str | None] = mapped_column(sa.String(9))
    recognised_on: Mapped[date | None]
    # enrolment
    programme_kind: Mapped[str | None] = mapped_column(sa.String(4))
    trade_code: Mapped[str | None] = mapped_column(sa.Text)
    admitted_on: Mapped[date | None]
    left_on: Mapped[date | None]
    left_reason: Mapped[str | None] = mapped_column(sa.String(12))
    completed_on: Mapped[date | None]
    # life event
    event: Mapped[str | None] = mapped_column(sa.String(12))
    happened_on: Mapped[date | None]
    # placement
    vacancy_ref: Mapped[str | None] = mapped_column(sa.Text)
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    __table_args__ = (
        sa.Index("ix_record_person", "person_id"),
        sa.Index(
            "ix_record_school",
            "school_code",
            sqlite_where=sa.text("school_code IS NOT NULL"),
            postgresql_where=sa.text("school_code IS NOT NULL"),
        ),
        sa.Index(
            "ix_record_nobody",
            "kind",
            sqlite_where=sa.text("active AND person_id IS NULL"),
            postgresql_where=sa.text("active AND person_id IS NULL"),
        ),
        sa.Index(
            "ix_record_trade",
            "trade_code",
            sqlite_where=sa.text("trade_code IS NOT NULL"),
            postgresql_where=sa.text("trade_code IS NOT NULL"),
        ),
    )


class Institution(Base):
    """An entry of a register of institutions; `owner` is the service whose register it is.

    `valid_from` is 0001-01-01 where the register gives none.
    """

    __tablename__ = "institution"

    code: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    active: Mapped[bool] = mapped_column(sa.Boolean)
    name: Mapped[str | None] = mapped_column(sa.Text)
    commune_code: Mapped[str | None] = mapped_column(sa.Text)
    valid_to: Mapped[date | None]


class Vacancy(Base):
    """A vacancy, as far as supply and demand per trade need it."""

    __tablename__ = "vacancy"

    vacancy_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    active: Mapped[bool] = mapped_column(sa.Boolean)
    openings: Mapped[int] = mapped_column(sa.Integer)
    trade_code: Mapped[str | None] = mapped_column(sa.Text)
    posted_on: Mapped[date | None]
    closed_on: Mapped[date | None]


class Heard(Base):
    """Per source service, when the latest fact that was applied had been recorded."""

    __tablename__ = "heard"

    owner: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    recorded_us: Mapped[int] = mapped_column(sa.BigInteger)


class Person(Base):
    """How many active rows of each kind a pseudonymous person has; the row locks the person."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    completions: Mapped[int] = mapped_column(sa.Integer)
    enrolments: Mapped[int] = mapped_column(sa.Integer)
    life_events: Mapped[int] = mapped_column(sa.Integer)
    placements: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index(
            "ix_person_without_completion",
            "person_id",
            sqlite_where=sa.text("completions = 0"),
            postgresql_where=sa.text("completions = 0"),
        ),
    )


class Pathway(Base):
    """A completion row with its dimensions and its standing.

    `owner`: the person, or "record:" and the reference of a row that is linked to nobody. `counts`: the
    person's one completion of the stage; only such a pathway has spells. `first_recognised_on`: when the
    person was first recognised in this stage by any row. `row_day`: recognition, or 31 May of the year.
    `school_commune_code`: of the school on `row_day`, in the units of that day. The two `era`s say in which
    list of communes the code before them is meant (null: in none, the code is unknown).
    """

    __tablename__ = "pathway"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.Text)
    counts: Mapped[bool] = mapped_column(sa.Boolean)
    first_recognised_on: Mapped[date | None]
    stage: Mapped[str] = mapped_column(sa.String(4))
    school_year: Mapped[str] = mapped_column(sa.String(9))
    row_day: Mapped[date]
    school_code: Mapped[str] = mapped_column(sa.Text)
    school_commune_code: Mapped[str | None] = mapped_column(sa.Text)
    school_era: Mapped[str | None] = mapped_column(sa.String(11))
    residence_code: Mapped[str | None] = mapped_column(sa.Text)
    residence_era: Mapped[str | None] = mapped_column(sa.String(11))
    village: Mapped[str | None] = mapped_column(sa.Text)
    sex: Mapped[str | None] = mapped_column(sa.String(1))
    ethnic_code: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (
        sa.Index("ix_pathway_owner", "owner"),
        sa.Index("ix_pathway_cohort", "school_year", "stage", "school_commune_code", "first_recognised_on"),
    )


class Spell(Base):
    """The person of a pathway has a destination from `since` until before `until` (9999-12-31: for ever)."""

    __tablename__ = "spell"

    record_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date]
    destination: Mapped[str] = mapped_column(sa.String(8))

    __table_args__ = ({"sqlite_with_rowid": False},)


class Tally(Base):
    """Change on a day in the number of persons of a cohort with a destination, along one dimension.

    The number on a cut-off date is the sum of `change` up to that day. `dimension`: school, sex, ethnicity
    or residence; every person is in each of them once, so each adds up to the same total. `key`: the
    school's code, M or F, the code of the people, or "commune/era/village"; what was not said is empty.
    Rows that come to 0 are deleted.
    """

    __tablename__ = "tally"

    school_year: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
    stage: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    dimension: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
    school_commune_code: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    school_era: Mapped[str] = mapped_column(sa.String(11), primary_key=True)
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    destination: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    change: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.Index(
            "ix_tally_nothing",
            "school_year",
            sqlite_where=sa.text("change = 0"),
            postgresql_where=sa.text("change = 0"),
        ),
        {"sqlite_with_rowid": False},
    )


messaging_tables(Base.metadata)
web_tables(Base.metadata)

RECORD = Base.metadata.tables["record"]
INSTITUTION = Base.metadata.tables["institution"]
VACANCY = Base.metadata.tables["vacancy"]
HEARD = Base.metadata.tables["heard"]
PERSON = Base.metadata.tables["person"]
PATHWAY = Base.metadata.tables["pathway"]
SPELL = Base.metadata.tables["spell"]
TALLY = Base.metadata.tables["tally"]

PROJECTIONS = (RECORD, INSTITUTION, VACANCY, HEARD, PERSON, PATHWAY, SPELL, TALLY)
"""Everything follows from events."""
