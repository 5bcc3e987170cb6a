"""Code lists that travel in events and files: one enumeration per list, values as in the files."""

from __future__ import annotations

from enum import StrEnum


class Sex(StrEnum):
    """Sex as registered."""

    MALE = "M"
    FEMALE = "F"


class Stage(StrEnum):
    """The stage of general education that a completion ends."""

    THCS = "THCS"
    THPT = "THPT"


class ProgrammeKind(StrEnum):
    """Kind of programme that somebody is enrolled in (domain brief, section 2)."""

    THPT = "THPT"
    GDTX = "GDTX"
    DH = "DH"
    SC = "SC"
    TC = "TC"
    THN = "THN"
    CD = "CD"
    DTTX = "DTTX"


SCHOOL_PROGRAMMES = frozenset({ProgrammeKind.THPT, ProgrammeKind.GDTX, ProgrammeKind.DH})
VOCATIONAL_PROGRAMMES = frozenset(ProgrammeKind) - SCHOOL_PROGRAMMES


class InstitutionKind(StrEnum):
    """Kind of school or vocational institution."""

    THCS = "THCS"
    TH_THCS = "TH&THCS"
    PTDTBT_THCS = "PTDTBT THCS"
    THPT = "THPT"
    THCS_THPT = "THCS&THPT"
    PTDTNT = "PTDTNT"
    DH = "DH"
    CD = "CD"
    TC = "TC"
    THN = "THN"
    GDNN_GDTX = "GDNN-GDTX"


SCHOOL_INSTITUTIONS = frozenset(
    {
        InstitutionKind.THCS,
        InstitutionKind.TH_THCS,
        InstitutionKind.PTDTBT_THCS,
        InstitutionKind.THPT,
        InstitutionKind.THCS_THPT,
        InstitutionKind.PTDTNT,
        InstitutionKind.DH,
        InstitutionKind.GDNN_GDTX,
    }
)
VOCATIONAL_INSTITUTIONS = frozenset(
    {InstitutionKind.CD, InstitutionKind.TC, InstitutionKind.THN, InstitutionKind.GDNN_GDTX}
)
_THCS_ONLY = (InstitutionKind.THCS, InstitutionKind.TH_THCS, InstitutionKind.PTDTBT_THCS)
_BOTH_STAGES = (InstitutionKind.THCS_THPT, InstitutionKind.PTDTNT, InstitutionKind.GDNN_GDTX)
STAGES_OF: dict[InstitutionKind, frozenset[Stage]] = {
    **{kind: frozenset({Stage.THCS}) for kind in _THCS_ONLY},
    InstitutionKind.THPT: frozenset({Stage.THPT}),
    **{kind: frozenset(Stage) for kind in _BOTH_STAGES},
}


class LeftReason(StrEnum):
    """Why somebody left a programme."""

    COMPLETED = "completed"
    DROPOUT = "dropout"
    TRANSFERRED = "transferred"
    EXPELLED = "expelled"
    OTHER = "other"


class LifeEventKind(StrEnum):
    """What happened to a leaver."""

    EMPLOYED = "employed"
    NEET = "neet"
    MILITARY = "military"
    ABROAD_WORK = "abroad_work"
    ABROAD_STUDY = "abroad_study"
    MOVED_OUT = "moved_out"
    DECEASED = "deceased"
    RESITTING = "resitting"
    RETURNED = "returned"


class CloseReason(StrEnum):
    """Why a vacancy was closed."""

    FILLED = "filled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OTHER = "other"


class RecordKind(StrEnum):
    """What kind of source row an identity belongs to; tells linkage which rows make a person known."""

    COMPLETION = "completion"
    ENROLMENT = "enrolment"
    LIFE_EVENT = "life_event"
    PLACEMENT = "placement"
