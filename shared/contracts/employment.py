"""Events that `employment` publishes: employers, vacancies and their life, placements.

An employer's name may be a person's (household businesses), so events carry a reference only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.contracts import shapes
from shared.contracts.base import Event, Topic, described, event
from shared.contracts.codes import CloseReason

REGISTER = Topic(
    name="noinghe.employment.register",
    owner="employment",
    description="Employers without names, and vacancies.",
    readers=frozenset({"indicators"}),
)
CONTENT = Topic(
    name="noinghe.employment.content",
    owner="employment",
    description="Placements under a record reference, without names.",
    readers=frozenset({"indicators"}),
)
IDENTITY = Topic(
    name="noinghe.employment.identity",
    owner="employment",
    description="Who the record references belong to, as employment centres wrote it.",
    readers=frozenset({"linkage"}),
    identities=True,
)


@event(fact="employer_registered", topic=REGISTER, key=("employer_ref",))
class EmployerRegistered(Event):
    """An employer became known; also every correction."""

    employer_ref: str = described("Random reference of the employer.")
    known_by_name_only: bool = described("No tax code is known.")
    commune_code: str | None = described("Commune of the work place.", default=None)


@event(fact="employer_withdrawn", topic=REGISTER, key=("employer_ref",))
class EmployerWithdrawn(Event):
    """An employer was a mistake and is taken back."""

    employer_ref: str = described("Random reference of the employer.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vacancy(Event):
    """The whole state of a vacancy after the fact."""

    vacancy_ref: str = described("Random reference of the vacancy.")
    employer_ref: str = described("Random reference of the employer.")
    title: str = described("Title as advertised.")
    openings: int = described("Places on offer.", unit="persons")
    commune_code: str | None = described("Commune of the work place, as coded on posted_on.", default=None)
    trade_code: str | None = described("Trade: 7 digits, or SC: and a slug.", default=None)
    occupation_code: str | None = described("Occupation (VSCO 2020).", default=None)
    wage_min_vnd_month: int | None = described("Lowest wage.", unit="VND/month", default=None)
    wage_max_vnd_month: int | None = described("Highest wage.", unit="VND/month", default=None)
    posted_on: date = described("Day of posting.")
    closed_on: date | None = described("Day of closing; none: open.", default=None)
    close_reason: CloseReason | None = described("Why it was closed.", default=None)


@event(fact="vacancy_posted", topic=REGISTER, key=("vacancy_ref",))
class VacancyPosted(_Vacancy):
    """A vacancy was posted."""


@event(fact="vacancy_changed", topic=REGISTER, key=("vacancy_ref",))
class VacancyChanged(_Vacancy):
    """Something about a vacancy changed, or it was opened again."""


@event(fact="vacancy_filled", topic=REGISTER, key=("vacancy_ref",))
class VacancyFilled(_Vacancy):
    """As many people were placed as there were openings."""


@event(fact="vacancy_closed", topic=REGISTER, key=("vacancy_ref",))
class VacancyClosed(_Vacancy):
    """A vacancy was closed, with a reason."""


@event(fact="vacancy_withdrawn", topic=REGISTER, key=("vacancy_ref",))
class VacancyWithdrawn(Event):
    """A vacancy was a mistake and is taken back."""

    vacancy_ref: str = described("Random reference of the vacancy.")


@event(fact="placement_recorded", topic=CONTENT, key=("record_ref",))
class PlacementRecorded(shapes.PersonFacts):
    """Somebody was hired; also the end of the work and corrections."""

    employer_ref: str = described("Random reference of the employer.")
    vacancy_ref: str | None = described("Vacancy that was filled.", default=None)
    occupation_code: str | None = described("Occupation (VSCO 2020).", default=None)
    wage_vnd_month: int | None = described("Wage.", unit="VND/month", default=None)
    started_on: date = described("First day of work.")
    ended_on: date | None = described("Last day of work; none: still.", default=None)


@event(fact="placement_withdrawn", topic=CONTENT, key=("record_ref",))
class PlacementWithdrawn(shapes.RecordKey):
    """A placement was a mistake and is taken back."""


@event(fact="identity_recorded", topic=IDENTITY, key=("record_ref",))
class IdentityRecorded(shapes.RecordIdentity):
    """Who a placement belongs to; also every correction."""


@event(fact="identity_withdrawn", topic=IDENTITY, key=("record_ref",))
class IdentityWithdrawn(shapes.RecordKey):
    """The placement of this identity was taken back."""
