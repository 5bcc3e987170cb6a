"""Payload shapes that several owners publish: declared once, made into event types per owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.contracts.base import Event, described
from shared.contracts.codes import InstitutionKind, LeftReason, ProgrammeKind, RecordKind, Sex


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionKey(Event):
    """An entry of the register of institutions."""

    code: str = described("The institution's code.")
    valid_from: date | None = described("First day on which the entry holds; none: always.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution(InstitutionKey):
    """An institution under a code and a validity."""

    name: str = described("Name in Vietnamese.")
    kind: InstitutionKind = described("Kind of institution.")
    commune_code: str | None = described("Commune, as coded on valid_from.", default=None)
    valid_to: date | None = described("Last day on which the entry holds; none: still.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKey(Event):
    """A source row."""

    record_ref: str = described("Random reference of the source row.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts(RecordKey):
    """What a content event may say of the person: no name, no number."""

    sex: Sex | None = described("Sex.", default=None)
    ethnic_code: str | None = described("Ethnic group 01-54.", default=None)
    residence_code: str | None = described("Commune of residence, as coded on the row's day.", default=None)
    village: str | None = described("Village of residence.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment(PersonFacts):
    """A place in a programme, from admission to its end."""

    programme_kind: ProgrammeKind = described("Kind of programme.")
    institution_code: str = described("The institution's code.")
    trade_code: str | None = described("Trade: 7 digits, or SC: and a slug.", default=None)
    admitted_on: date = described("Day of admission.")
    left_on: date | None = described("Day of leaving; none: still there.", default=None)
    left_reason: LeftReason | None = described("Why the person left.", default=None)
    completed_on: date | None = described("Day on which the course was completed.", default=None)
    dual_group: str | None = described("Same value on both halves of a 9+.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIdentity(RecordKey):
    """Who a source row belongs to."""

    record_kind: RecordKind = described("Kind of the source row.")
    identity: str = described("JSON text of shared.contracts.identity.Identity, or sealed with key_id.")
    key_id: str | None = described("Key that sealed `identity`; none: plain.", default=None)
    record_key: str | None = described(
        "The publisher's own key of the row; none: it has none, or one that holds a personal number.",
        default=None,
    )
