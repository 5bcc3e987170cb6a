"""Events that `vocational` publishes: institutions, programmes, intakes, enrolments."""

from __future__ import annotations

from datetime import date

from shared.contracts import shapes
from shared.contracts.base import Event, Topic, described, event
from shared.contracts.codes import ProgrammeKind

REGISTER = Topic(
    name="noinghe.vocational.register",
    owner="vocational",
    description="Vocational institutions, their programmes and intakes.",
    readers=frozenset({"indicators"}),
)
CONTENT = Topic(
    name="noinghe.vocational.content",
    owner="vocational",
    description="Enrolments of trade learners under a record reference, without names.",
    readers=frozenset({"indicators"}),
)
IDENTITY = Topic(
    name="noinghe.vocational.identity",
    owner="vocational",
    description="Who the record references belong to, as vocational institutions wrote it.",
    readers=frozenset({"linkage"}),
    identities=True,
)


@event(fact="institution_registered", topic=REGISTER, key=("code", "valid_from"))
class InstitutionRegistered(shapes.Institution):
    """A vocational institution was registered, or its entry was corrected."""


@event(fact="institution_withdrawn", topic=REGISTER, key=("code", "valid_from"))
class InstitutionWithdrawn(shapes.InstitutionKey):
    """The entry of a vocational institution was a mistake and is taken back."""


@event(fact="programme_registered", topic=REGISTER, key=("programme_id",))
class ProgrammeRegistered(Event):
    """An institution offers a trade at a level; also every correction."""

    programme_id: str = described("The publisher's key of the programme, under its organisation.")
    institution_code: str = described("The institution's code.")
    programme_kind: ProgrammeKind = described("Level of the programme.")
    trade_code: str = described("Trade: 7 digits, or SC: and a slug.")
    name: str | None = described("Name of the trade as the institution prints it.", default=None)
    valid_from: date | None = described("First day of the offer.", default=None)
    valid_to: date | None = described("Last day of the offer; none: still.", default=None)


@event(fact="programme_withdrawn", topic=REGISTER, key=("programme_id",))
class ProgrammeWithdrawn(Event):
    """A programme was a mistake and is taken back."""

    programme_id: str = described("The publisher's key of the programme, under its organisation.")


@event(fact="intake_registered", topic=REGISTER, key=("intake_id",))
class IntakeRegistered(Event):
    """A programme opens a class; also every correction."""

    intake_id: str = described("The publisher's key of the intake, under its organisation.")
    programme_id: str = described("The programme that opens it.")
    opens_on: date = described("First day of teaching.")
    seats: int = described("Places on offer.", unit="persons")


@event(fact="intake_withdrawn", topic=REGISTER, key=("intake_id",))
class IntakeWithdrawn(Event):
    """An intake was a mistake and is taken back."""

    intake_id: str = described("The publisher's key of the intake, under its organisation.")


@event(fact="enrolment_recorded", topic=CONTENT, key=("record_ref",))
class EnrolmentRecorded(shapes.Enrolment):
    """Somebody was admitted to a trade programme; also leaving, completing and corrections."""


@event(fact="enrolment_withdrawn", topic=CONTENT, key=("record_ref",))
class EnrolmentWithdrawn(shapes.RecordKey):
    """An enrolment was a mistake and is taken back."""


@event(fact="identity_recorded", topic=IDENTITY, key=("record_ref",))
class IdentityRecorded(shapes.RecordIdentity):
    """Who a record of a vocational institution belongs to; also every correction."""


@event(fact="identity_withdrawn", topic=IDENTITY, key=("record_ref",))
class IdentityWithdrawn(shapes.RecordKey):
    """The record of this identity was taken back."""
