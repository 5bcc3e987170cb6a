"""The source tables of vocational, and the events that their changes become."""

from __future__ import annotations

from collections.abc import Sequence

from services.vocational.models import ENROLMENT, INSTITUTION, INTAKE, PROGRAMME, RECORD_HISTORY
from shared.contracts import Event, vocational
from shared.contracts.codes import ProgrammeKind
from shared.service.enrolments import enrolment_source
from shared.service.institutions import institution_source
from shared.service.records import SourceTable, Stored

OWNER = "vocational"


def _public_id(publisher: str, key: str) -> str:
    """A publisher's key as events carry it: two organisations may use the same one."""
    return f"{publisher}/{key}"


def _programme_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        vocational.ProgrammeRegistered(
            programme_id=_public_id(after["publisher"], after["key"]),
            institution_code=after["institution_code"],
            programme_kind=ProgrammeKind(after["programme_kind"]),
            trade_code=after["trade_code"],
            name=after["name"],
            valid_from=after["valid_from"],
            valid_to=after["valid_to"],
        )
    ]


def _programme_withdrawn(record: Stored) -> Event:
    return vocational.ProgrammeWithdrawn(programme_id=_public_id(record["publisher"], record["key"]))


def _intake_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        vocational.IntakeRegistered(
            intake_id=_public_id(after["publisher"], after["key"]),
            programme_id=_public_id(after["publisher"], after["programme_key"]),
            opens_on=after["opens_on"],
            seats=after["seats"],
        )
    ]


def _intake_withdrawn(record: Stored) -> Event:
    return vocational.IntakeWithdrawn(intake_id=_public_id(record["publisher"], record["key"]))


INSTITUTIONS = institution_source(
    owner=OWNER,
    table=INSTITUTION,
    history=RECORD_HISTORY,
    registered=vocational.InstitutionRegistered,
    withdrawn=vocational.InstitutionWithdrawn,
)
PROGRAMMES = SourceTable(
    owner=OWNER,
    table=PROGRAMME,
    history=RECORD_HISTORY,
    facts=("institution_code", "programme_kind", "trade_code", "name", "valid_from", "valid_to"),
    recorded=_programme_recorded,
    withdrawn=_programme_withdrawn,
)
INTAKES = SourceTable(
    owner=OWNER,
    table=INTAKE,
    history=RECORD_HISTORY,
    facts=("programme_key", "opens_on", "seats"),
    recorded=_intake_recorded,
    withdrawn=_intake_withdrawn,
)
ENROLMENTS = enrolment_source(
    owner=OWNER,
    table=ENROLMENT,
    history=RECORD_HISTORY,
    recorded=vocational.EnrolmentRecorded,
    withdrawn=vocational.EnrolmentWithdrawn,
    identity_recorded=vocational.IdentityRecorded,
    identity_withdrawn=vocational.IdentityWithdrawn,
)
