"""What a completion is by law and custom: school years, the day of a row, its basis, who is late.

Pure domain (domain brief, section 3). A school year N-N+1 ends on 31 May of the second year. Lower secondary
ended with a diploma until 31/12/2025 and ends with a recognition by the school since; upper secondary ends
with a diploma throughout.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from shared.contracts.codes import Stage

LAST_DAY_OF_LOWER_SECONDARY_DIPLOMAS = date(2025, 12, 31)

_SCHOOL_YEAR = re.compile(r"(\d{4})\s*[-–—/]\s*(\d{4})")


class Basis(StrEnum):
    """What a recognition rests on."""

    DIPLOMA = "diploma"
    RECOGNITION = "recognition"


def school_year_of(text: str) -> str | None:
    """The school year as N-N+1; None where the text is no school year."""
    found = _SCHOOL_YEAR.fullmatch(text.strip())
    if found is None or int(found.group(2)) != int(found.group(1)) + 1:
        return None
    return f"{found.group(1)}-{found.group(2)}"


def end_of(school_year: str) -> date:
    """The last day of a school year."""
    return date(int(school_year[-4:]), 5, 31)


def day_of(school_year: str, recognised_on: date | None) -> date:
    """The day on which the codes of a completion are meant."""
    return recognised_on or end_of(school_year)


def basis_of(stage: Stage, recognised_on: date | None) -> Basis | None:
    """What the recognition rests on; None where nobody was recognised."""
    if recognised_on is None:
        return None
    if stage is Stage.THCS and recognised_on > LAST_DAY_OF_LOWER_SECONDARY_DIPLOMAS:
        return Basis.RECOGNITION
    return Basis.DIPLOMA


def is_late(school_year: str, recognised_on: date | None, *, said: bool | None) -> bool:
    """Whether somebody failed in an earlier year and passed now.

    What the school says counts; where it says nothing, a recognition after the end of the following school
    year is late.
    """
    if said is not None or recognised_on is None:
        return bool(said)
    following_end = end_of(school_year).replace(year=end_of(school_year).year + 1)
    return recognised_on > following_end
