"""The tables of vocational. What they hold true themselves stands in their constraints."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.service.enrolments import ENROLMENT_CONSTRAINTS, EnrolmentRow
from shared.service.institutions import InstitutionRow
from shared.service.records import HistoryRow, RecordRow
from shared.web.tables import web_tables

_VALIDITY = "valid_from IS NULL OR valid_to IS NULL OR valid_to >= valid_from"
_PROGRAMME_KINDS = "programme_kind IN ('SC', 'TC', 'THN', 'CD', 'DTTX')"


class Base(DeclarativeBase):
    """Base of the tables of vocational."""


class Institution(InstitutionRow, Base):
    """An entry of the register of vocational institutions; `key` is code and valid_from."""

    __tablename__ = "institution"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("code", "valid_from"),
        sa.CheckConstraint(_VALIDITY, name="validity"),
    )


class Programme(RecordRow, Base):
    """A trade at a level that an institution offers."""

    __tablename__ = "programme"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint(_PROGRAMME_KINDS, name="programme_kind"),
        sa.CheckConstraint(_VALIDITY, name="validity"),
    )

    institution_code: Mapped[str] = mapped_column(sa.Text, index=True)
    programme_kind: Mapped[str] = mapped_column(sa.Text)
    trade_code: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[date | None] = mapped_column(sa.Date)
    valid_to: Mapped[date | None] = mapped_column(sa.Date)


class Intake(RecordRow, Base):
    """A class that a programme opens. `programme_key`: the key of the programme, of the same publisher."""

    __tablename__ = "intake"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.ForeignKeyConstraint(["publisher", "programme_key"], ["programme.publisher", "programme.key"]),
        sa.CheckConstraint("seats > 0", name="seats"),
    )

    programme_key: Mapped[str] = mapped_column(sa.Text)
    opens_on: Mapped[date] = mapped_column(sa.Date)
    seats: Mapped[int] = mapped_column(sa.Integer)


class Enrolment(EnrolmentRow, Base):
    """A place in a trade programme (SC, TC, THN, CD, DTTX)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint(_PROGRAMME_KINDS, name="programme_kind"),
        *(sa.CheckConstraint(rule, name=name) for name, rule in ENROLMENT_CONSTRAINTS.items()),
    )


class RecordHistory(HistoryRow, Base):
    """Earlier versions of all records."""

    __tablename__ = "record_history"


messaging_tables(Base.metadata)
web_tables(Base.metadata)

INSTITUTION: sa.Table = Base.metadata.tables["institution"]
PROGRAMME: sa.Table = Base.metadata.tables["programme"]
INTAKE: sa.Table = Base.metadata.tables["intake"]
ENROLMENT: sa.Table = Base.metadata.tables["enrolment"]
RECORD_HISTORY: sa.Table = Base.metadata.tables["record_history"]
PERSON_TABLES = (ENROLMENT,)
