"""The tables of employment. What they hold true themselves stands in their constraints."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.messaging.tables import messaging_tables
from shared.service.records import HistoryRow, PersonRow, RecordRow
from shared.web.tables import web_tables


class Base(DeclarativeBase):
    """Base of the tables of employment."""


class Employer(RecordRow, Base):
    """An employer. `key` is the tax code, or the match key of the name where that is all that is known.

    The name and the tax code of a household business are personal: no event carries either.
    """

    __tablename__ = "employer"
    __table_args__ = (sa.UniqueConstraint("publisher", "key"),)

    tax_code: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    name_key: Mapped[str] = mapped_column(sa.Text, index=True)
    commune_code: Mapped[str | None] = mapped_column(sa.Text)


class Vacancy(RecordRow, Base):
    """Places on offer. `placed`: placements on record that name the vacancy, ended ones included."""

    __tablename__ = "vacancy"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint("openings > 0", name="openings"),
        sa.CheckConstraint("placed >= 0 AND placed <= openings", name="placed_within_openings"),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= posted_on", name="closed_after_posting"),
        sa.CheckConstraint("close_reason IS NULL OR closed_on IS NOT NULL", name="reason_of_closing"),
    )

    employer_ref: Mapped[str] = mapped_column(sa.ForeignKey("employer.record_ref"), index=True)
    title: Mapped[str] = mapped_column(sa.Text)
    openings: Mapped[int] = mapped_column(sa.Integer)
    placed: Mapped[int] = mapped_column(sa.Integer)
    commune_code: Mapped[str | None] = mapped_column(sa.Text)
    trade_code: Mapped[str | None] = mapped_column(sa.Text)
    occupation_code: Mapped[str | None] = mapped_column(sa.Text)
    wage_min_vnd_month: Mapped[int | None] = mapped_column(sa.BigInteger)
    wage_max_vnd_month: Mapped[int | None] = mapped_column(sa.BigInteger)
    posted_on: Mapped[date] = mapped_column(sa.Date)
    closed_on: Mapped[date | None] = mapped_column(sa.Date)
    close_reason: Mapped[str | None] = mapped_column(sa.Text)


class Placement(PersonRow, Base):
    """Somebody who was hired, perhaps for a vacancy."""

    __tablename__ = "placement"
    __table_args__ = (
        sa.UniqueConstraint("publisher", "key"),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ended_after_start"),
    )

    employer_ref: Mapped[str] = mapped_column(sa.ForeignKey("employer.record_ref"), index=True)
    vacancy_ref: Mapped[str | None] = mapped_column(sa.ForeignKey("vacancy.record_ref"), index=True)
    occupation_code: Mapped[str | None] = mapped_column(sa.Text)
    wage_vnd_month: Mapped[int | None] = mapped_column(sa.BigInteger)
    started_on: Mapped[date] = mapped_column(sa.Date)
    ended_on: Mapped[date | None] = mapped_column(sa.Date)


class RecordHistory(HistoryRow, Base):
    """Earlier versions of all records."""

    __tablename__ = "record_history"


messaging_tables(Base.metadata)
web_tables(Base.metadata)

EMPLOYER: sa.Table = Base.metadata.tables["employer"]
VACANCY: sa.Table = Base.metadata.tables["vacancy"]
PLACEMENT: sa.Table = Base.metadata.tables["placement"]
RECORD_HISTORY: sa.Table = Base.metadata.tables["record_history"]
PERSON_TABLES = (PLACEMENT,)
