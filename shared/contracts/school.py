"""Events that `school` publishes: schools, completions, general and higher enrolments, life events."""

from __future__ import annotations

from datetime import date

from shared.contracts import shapes
from shared.contracts.base import Topic, described, event
from shared.contracts.codes import LifeEventKind, Stage

REGISTER = Topic(
    name="noinghe.school.register",
    owner="school",
    description="Schools, by code and validity.",
    readers=frozenset({"indicators"}),
)
CONTENT = Topic(
    name="noinghe.school.content",
    owner="school",
    description="Facts about leavers under a record reference, without names.",
    readers=frozenset({"indicators"}),
)
IDENTITY = Topic(
    name="noinghe.school.identity",
    owner="school",
    description="Who the record references belong to, as schools wrote it.",
    readers=frozenset({"linkage"}),
    identities=True,
)

_RECORD = ("record_ref",)


@event(fact="institution_registered", topic=REGISTER, key=("code", "valid_from"))
class InstitutionRegistered(shapes.Institution):
    """A school was registered, or its entry was corrected."""


@event(fact="institution_withdrawn", topic=REGISTER, key=("code", "valid_from"))
class InstitutionWithdrawn(shapes.InstitutionKey):
    """The entry of a school was a mistake and is taken back."""


@event(fact="completion_recorded", topic=CONTENT, key=_RECORD)
class CompletionRecorded(shapes.PersonFacts):
    """A pupil of the last grade was recognised, or listed as not recognised; also every correction."""

    school_code: str = described("The school's code.")
    stage: Stage = described("Stage that ends.")
    school_year: str = described("School year as N-N+1, for example 2025-2026.")
    recognised_round: int | None = described("Round 1 or 2; none: not recognised.", default=None)
    recognised_on: date | None = described("Day of the decision; none: not recognised.", default=None)
    is_late: bool = described("Failed in an earlier year and passes now.", default=False)


@event(fact="completion_withdrawn", topic=CONTENT, key=_RECORD)
class CompletionWithdrawn(shapes.RecordKey):
    """A completion was a mistake and is taken back."""


@event(fact="enrolment_recorded", topic=CONTENT, key=_RECORD)
class EnrolmentRecorded(shapes.Enrolment):
    """Somebody was admitted to general or higher education; also leaving, completing and corrections."""


@event(fact="enrolment_withdrawn", topic=CONTENT, key=_RECORD)
class EnrolmentWithdrawn(shapes.RecordKey):
    """An enrolment was a mistake and is taken back."""


@event(fact="life_event_recorded", topic=CONTENT, key=_RECORD)
class LifeEventRecorded(shapes.PersonFacts):
    """Something happened to a leaver: work, service, moving, death."""

    event: LifeEventKind = described("What happened.")
    happened_on: date = described("Day on which it happened.")


@event(fact="life_event_withdrawn", topic=CONTENT, key=_RECORD)
class LifeEventWithdrawn(shapes.RecordKey):
    """A life event was a mistake and is taken back."""


@event(fact="identity_recorded", topic=IDENTITY, key=_RECORD)
class IdentityRecorded(shapes.RecordIdentity):
    """Who a record of a school belongs to; also every correction."""


@event(fact="identity_withdrawn", topic=IDENTITY, key=_RECORD)
class IdentityWithdrawn(shapes.RecordKey):
    """The record of this identity was taken back."""


__all__ = [
    "CONTENT",
    "IDENTITY",
    "REGISTER",
    "CompletionRecorded",
    "CompletionWithdrawn",
    "EnrolmentRecorded",
    "EnrolmentWithdrawn",
    "IdentityRecorded",
    "IdentityWithdrawn",
    "InstitutionRegistered",
    "InstitutionWithdrawn",
    "LifeEventRecorded",
    "LifeEventWithdrawn",
]
