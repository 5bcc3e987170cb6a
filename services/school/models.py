"""The tables of school. What they hold true themselves stands in their constraints."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.service.enrolments import ENROLMENT_CONSTRAINTS, EnrolmentRow
from shared.service.institutions import InstitutionRow
from shared.service.records import HistoryRow, PersonRow
from shared.web.tables import web_tables


class Base(DeclarativeBase):
    """Base of the tables of school."""


class Institution(InstitutionRow, Base):
    """An entry of the register of schools; `key` is code and valid_from."""

    __tablename__ = "institution"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("code", "valid_from"),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_to IS NULL OR valid_to >= valid_from", name="validity"
        ),
    )


class Completion(PersonRow, Base):
    """A pupil of the last grade of a stage: recognised, or listed as not recognised.

    `natural_key`: person, stage and school year, where the row has a personal number. `basis`: what the
    recognition rests on (diploma or recognition); None: not recognised.
    """

    __tablename__ = "completion"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint("stage IN ('THCS', 'THPT')", name="stage"),
        sa.CheckConstraint("recognised_round IN (1, 2)", name="round"),
        sa.CheckConstraint("(recognised_round IS NULL) = (recognised_on IS NULL)", name="recognised"),
        sa.CheckConstraint("(basis IS NULL) = (recognised_on IS NULL)", name="basis"),
    )

    natural_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    school_code: Mapped[str] = mapped_column(sa.Text, index=True)
    stage: Mapped[str] = mapped_column(sa.Text)
    school_year: Mapped[str] = mapped_column(sa.Text)
    recognised_round: Mapped[int | None] = mapped_column(sa.Integer)
    recognised_on: Mapped[date | None] = mapped_column(sa.Date)
    is_late: Mapped[bool] = mapped_column(sa.Boolean)
    basis: Mapped[str | None] = mapped_column(sa.Text)
    decision_no: Mapped[str | None] = mapped_column(sa.Text)


class Enrolment(EnrolmentRow, Base):
    """A place in general or higher education (THPT, GDTX, DH)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint("programme_kind IN ('THPT', 'GDTX', 'DH')", name="programme_kind"),
        *(sa.CheckConstraint(rule, name=name) for name, rule in ENROLMENT_CONSTRAINTS.items()),
    )


class LifeEvent(PersonRow, Base):
    """Something that happened to a leaver. `detail` stays here; no event carries it."""

    __tablename__ = "life_event"
    __table_args__ = (sa.UniqueConstraint("publisher", "key"),)

    event: Mapped[str] = mapped_column(sa.Text)
    happened_on: Mapped[date] = mapped_column(sa.Date)
    detail: Mapped[str | None] = mapped_column(sa.Text)


class RecordHistory(HistoryRow, Base):
    """Earlier versions of all records."""

    __tablename__ = "record_history"


messaging_tables(Base.metadata)
web_tables(Base.metadata)

INSTITUTION: sa.Table = Base.metadata.tables["institution"]
COMPLETION: sa.Table = Base.metadata.tables["completion"]
ENROLMENT: sa.Table = Base.metadata.tables["enrolment"]
LIFE_EVENT: sa.Table = Base.metadata.tables["life_event"]
RECORD_HISTORY: sa.Table = Base.metadata.tables["record_history"]
PERSON_TABLES = (COMPLETION, ENROLMENT, LIFE_EVENT)
