"""The source tables of school, and the events that their changes become."""

from __future__ import annotations

from collections.abc import Sequence

from services.school.models import COMPLETION, ENROLMENT, INSTITUTION, LIFE_EVENT, RECORD_HISTORY
from shared.contracts import Event, school
from shared.contracts.codes import LifeEventKind, RecordKind, Stage
from shared.service.enrolments import enrolment_source
from shared.service.institutions import institution_source
from shared.service.records import IdentityEvents, SourceTable, Stored, person_facts, withdrawn_by_ref

OWNER = "school"


def _completion_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        school.CompletionRecorded(
            **person_facts(after),
            school_code=after["school_code"],
            stage=Stage(after["stage"]),
            school_year=after["school_year"],
            recognised_round=after["recognised_round"],
            recognised_on=after["recognised_on"],
            is_late=after["is_late"],
        )
    ]


def _life_event_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        school.LifeEventRecorded(
            **person_facts(after), event=LifeEventKind(after["event"]), happened_on=after["happened_on"]
        )
    ]


def _identities(record_kind: RecordKind) -> IdentityEvents:
    return IdentityEvents(
        record_kind=record_kind, recorded=school.IdentityRecorded, withdrawn=school.IdentityWithdrawn
    )


INSTITUTIONS = institution_source(
    owner=OWNER,
    table=INSTITUTION,
    history=RECORD_HISTORY,
    registered=school.InstitutionRegistered,
    withdrawn=school.InstitutionWithdrawn,
)
COMPLETIONS = SourceTable(
    owner=OWNER,
    table=COMPLETION,
    history=RECORD_HISTORY,
    facts=(
        "natural_key",
        "school_code",
        "stage",
        "school_year",
        "recognised_round",
        "recognised_on",
        "is_late",
        "basis",
        "decision_no",
    ),
    unpublished=frozenset({"natural_key", "basis", "decision_no"}),
    recorded=_completion_recorded,
    withdrawn=withdrawn_by_ref(school.CompletionWithdrawn),
    identities=_identities(RecordKind.COMPLETION),
    alias="natural_key",
)
ENROLMENTS = enrolment_source(
    owner=OWNER,
    table=ENROLMENT,
    history=RECORD_HISTORY,
    recorded=school.EnrolmentRecorded,
    withdrawn=school.EnrolmentWithdrawn,
    identity_recorded=school.IdentityRecorded,
    identity_withdrawn=school.IdentityWithdrawn,
)
LIFE_EVENTS = SourceTable(
    owner=OWNER,
    table=LIFE_EVENT,
    history=RECORD_HISTORY,
    facts=("event", "happened_on", "detail"),
    unpublished=frozenset({"detail"}),
    recorded=_life_event_recorded,
    withdrawn=withdrawn_by_ref(school.LifeEventWithdrawn),
    identities=_identities(RecordKind.LIFE_EVENT),
)
