"""The source tables of employment, and the events that their changes become.

An event about a vacancy carries its whole state, and its type tells how the vacancy stands after the fact:
closed, else filled, else open. So the last event of a vacancy says everything about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.employment.models import EMPLOYER, PLACEMENT, RECORD_HISTORY, VACANCY
from shared.contracts import Event, employment
from shared.contracts.codes import CloseReason, RecordKind
from shared.service.records import IdentityEvents, SourceTable, Stored, person_facts, withdrawn_by_ref

OWNER = "employment"


def _employer_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        employment.EmployerRegistered(
            employer_ref=after["record_ref"],
            known_by_name_only=after["tax_code"] is None,
            commune_code=after["commune_code"],
        )
    ]


def _employer_withdrawn(record: Stored) -> Event:
    return employment.EmployerWithdrawn(employer_ref=record["record_ref"])


def _vacancy_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    if before is None:
        posted = employment.VacancyPosted(
            **_vacancy_state({**after, "closed_on": None, "close_reason": None})
        )
        closed = after["closed_on"] is not None
        return [posted, employment.VacancyClosed(**_vacancy_state(after))] if closed else [posted]
    standing = _standing(after)
    if standing is _standing(before) and all(before[name] == after[name] for name in VACANCY_FACTS):
        return ()
    return [standing(**_vacancy_state(after))]


def _standing(
    vacancy: Stored,
) -> type[employment.VacancyClosed | employment.VacancyFilled | employment.VacancyChanged]:
    """The event type that tells how a vacancy stands."""
    if vacancy["closed_on"] is not None:
        return employment.VacancyClosed
    return employment.VacancyFilled if vacancy["placed"] >= vacancy["openings"] else employment.VacancyChanged


def _vacancy_state(vacancy: Mapping[str, Any]) -> dict[str, Any]:
    reason = vacancy["close_reason"]
    return {
        **{name: vacancy[name] for name in VACANCY_FACTS},
        "vacancy_ref": vacancy["record_ref"],
        "close_reason": None if reason is None else CloseReason(reason),
    }


def _vacancy_withdrawn(record: Stored) -> Event:
    return employment.VacancyWithdrawn(vacancy_ref=record["record_ref"])


def _placement_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [
        employment.PlacementRecorded(**person_facts(after), **{name: after[name] for name in PLACEMENT_FACTS})
    ]


VACANCY_FACTS = (
    "employer_ref",
    "title",
    "openings",
    "commune_code",
    "trade_code",
    "occupation_code",
    "wage_min_vnd_month",
    "wage_max_vnd_month",
    "posted_on",
    "closed_on",
    "close_reason",
)
PLACEMENT_FACTS = (
    "employer_ref",
    "vacancy_ref",
    "occupation_code",
    "wage_vnd_month",
    "started_on",
    "ended_on",
)

EMPLOYERS = SourceTable(
    owner=OWNER,
    table=EMPLOYER,
    history=RECORD_HISTORY,
    facts=("tax_code", "name", "name_key", "commune_code"),
    unpublished=frozenset({"name", "name_key"}),
    recorded=_employer_recorded,
    withdrawn=_employer_withdrawn,
    alias="name_key",
)
VACANCIES = SourceTable(
    owner=OWNER,
    table=VACANCY,
    history=RECORD_HISTORY,
    facts=VACANCY_FACTS,
    derived={"placed": 0},
    recorded=_vacancy_recorded,
    withdrawn=_vacancy_withdrawn,
)
PLACEMENTS = SourceTable(
    owner=OWNER,
    table=PLACEMENT,
    history=RECORD_HISTORY,
    facts=PLACEMENT_FACTS,
    recorded=_placement_recorded,
    withdrawn=withdrawn_by_ref(employment.PlacementWithdrawn),
    identities=IdentityEvents(
        record_kind=RecordKind.PLACEMENT,
        recorded=employment.IdentityRecorded,
        withdrawn=employment.IdentityWithdrawn,
    ),
)
