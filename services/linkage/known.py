"""A record as the rules see it, and the keys under which records meet.

The rules compare match keys (marks, tone style and case aside), whole birth dates and numbers. Everything
else of an identity stays in its text, for the reviewers' eyes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.linkage.places import Place, place_of
from shared.contracts import Identity
from shared.vietnamese import match_key

CROWD = 200
"""So many records under one name and birth date (or one name) tell nobody apart: a person must look."""

_PART = "|"
_NUMBER_DIGITS = 12
_FEWEST_DIGITS = 9


class Reason(StrEnum):
    """Why a person must look at a record; the words of `ReviewOpened`."""

    NUMBER_CONTRADICTS = "number_contradicts"
    SEVERAL = "several"
    PLACE_DIFFERS = "place_differs"
    PART_MISSING = "part_missing"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer said of a record: it belongs to the person of `same_as`, or (None) is somebody else."""

    same_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rules know of a record.

    `completion`: the row is a completion, so it is a person of its own. `number`: 12 digits. `hint`: a number
    two or three digits short, filled with zeros. `name`: match key. `dob`: ISO day, or a bare year.
    `listing`: the list of leavers that the row stands in, where it has no number: two rows of one list are
    two persons.
    """

    ref: str
    completion: bool = False
    number: str | None = None
    hint: str | None = None
    name: str | None = None
    dob: str | None = None
    sex: str | None = None
    place: Place = field(default_factory=Place)
    listing: str | None = None

    @property
    def whole_dob(self) -> str | None:
        """The birth date, when day, month and year are known."""
        return self.dob if self.dob and len(self.dob) > 4 else None

    @property
    def year(self) -> str | None:
        """The year of birth."""
        return self.dob[:4] if self.dob else None

    @property
    def bucket(self) -> str | None:
        """Key of the records with the same name and whole birth date."""
        return f"{self.name}{_PART}{self.dob}" if self.name and self.whole_dob else None

    @property
    def year_key(self) -> str | None:
        """Key of the records with the same name and year of birth."""
        return f"{self.name}{_PART}{self.year}" if self.name and self.dob else None

    @property
    def partial_key(self) -> str | None:
        """Key of the records that could be this one, when its birth date is not whole."""
        if self.name is None or self.whole_dob:
            return None
        return self.year_key or self.name

    @property
    def fullness(self) -> int:
        """How many of name, whole birth date and sex are known."""
        return sum(1 for part in (self.name, self.whole_dob, self.sex) if part)


def known(ref: str, identity: Identity, *, completion: bool, source: str | None = None) -> Known:
    """The comparable form of an identity; `source`: who published its row."""
    return Known(
        ref=ref,
        completion=completion,
        number=identity.personal_number,
        hint=_hint(identity.personal_number_as_written) if identity.personal_number is None else None,
        name=_name_key(identity.full_name),
        dob=identity.dob if identity.dob and len(identity.dob) in (4, 10) else None,
        sex=identity.sex,
        place=place_of(identity.residence_code, identity.residence_on, identity.village),
        listing=listing_of(identity, source) if completion else None,
    )


def crowded_keys(records: Iterable[Known], limit: int = CROWD) -> frozenset[str]:
    """The keys under which more than `limit` of the records meet (see `Known.bucket`, `partial_key`)."""
    counts: Counter[str | None] = Counter()
    for record in records:
        counts.update({record.bucket, record.year_key, record.name} - {None})
    return frozenset(key for key, count in counts.items() if key and count > limit)


def name_of_key(key: str) -> str | None:
    """The name in a key of name and birth; None for a key that is a name alone."""
    name, parted, _ = key.rpartition(_PART)
    return name if parted else None


def live_decisions(records: Mapping[str, Known], decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The decisions that can be kept: about a record that is there, naming one that is there (or none)."""
    return {
        ref: decision
        for ref, decision in decisions.items()
        if ref in records and (decision.same_as is None or decision.same_as in records)
    }


def _name_key(full_name: str | None) -> str | None:
    """The match key without the sign that parts our keys; None for an empty name."""
    return (match_key(full_name).replace(_PART, " ").strip() or None) if full_name else None


def listing_of(identity: Identity, source: str | None) -> str | None:
    """Who published a leaver without number, and for which day; None where one of the two is not known."""
    if source is None or identity.residence_on is None or identity.personal_number is not None:
        return None
    return f"{source}{_PART}{identity.residence_on.isoformat()}"


def _hint(as_written: str | None) -> str | None:
    if as_written and as_written.isdigit() and len(as_written) >= _FEWEST_DIGITS:
        return as_written.zfill(_NUMBER_DIGITS)
    return None
