"""A person's identity as one source wrote it: the content of the `identity` field of identity events.

It travels as JSON text in one string field, so that sealing it with a person's key later (`key_id`)
stays version 1 of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is, according to one source row. Everything may be missing; texts are NFC.

    `personal_number`: 12 digits, repaired; `personal_number_as_written` only where it could not be
    repaired (two or three digits short), to be weighed. `dob`: ISO day (2011-03-09) or a bare year (2011);
    `dob_as_written` where the writing was odd. `residence_on`: the day on which `residence_code` is meant.
    """

    personal_number: str | None = None
    personal_number_as_written: str | None = None
    full_name: str | None = None
    sex: str | None = None
    dob: str | None = None
    dob_as_written: str | None = None
    ethnic_code: str | None = None
    residence_code: str | None = None
    residence_on: date | None = None
    village: str | None = None
    student_id: str | None = None
    mother_name: str | None = None
    father_name: str | None = None
    phone: str | None = None

    def to_json(self) -> str:
        """JSON text without the empty fields, keys sorted: equal identities give equal text."""
        filled = {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}
        return orjson.dumps(filled, option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def from_json(cls, text: str) -> Identity:
        """Read what `to_json` wrote; fields of later versions are ignored."""
        loaded = orjson.loads(text)
        known = {name: loaded[name] for name in _FIELDS if name in loaded}
        if "residence_on" in known:
            known["residence_on"] = date.fromisoformat(known["residence_on"])
        return cls(**known)


_FIELDS = tuple(f.name for f in fields(Identity))
