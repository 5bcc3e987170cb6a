"""Indicator definitions: data (definitions.toml) read into values, and the arithmetic that they ask for.

An indicator is defined over the destinations of a cohort. Its figures are computed from counts of persons
per stage and destination, never from rounded numbers and never from percentages of parts. A new indicator
over destinations is a new table in the file and no code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from services.indicators.destination import Destination, DestinationRules
from shared.contracts.codes import LifeEventKind, ProgrammeKind, Stage
from shared.errors import Invalid, NotFound

_FILE = Path(__file__).with_name("definitions.toml")
_WHEREABOUTS_UNKNOWN = frozenset({Destination.UNK, Destination.LEFT})

Counts = Mapping[tuple[Stage, Destination], int]
"""Persons of a cohort per stage and destination on the cut-off date."""


class BadDefinition(Invalid):
    """The definitions contradict themselves."""

    code = "bad_definition"


class UnknownIndicator(NotFound):
    """No indicator has this id."""

    code = "unknown_indicator"


class Measure(StrEnum):
    """A share has a denominator; a count stands alone."""

    SHARE = "share"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Figures:
    """What an indicator says about some persons. Counts have no denominators.

    `known_denominator`: without those whose whereabouts are unknown (UNK, LEFT). `unknown`: UNK among
    those who could count (the denominator; for a count everybody alive).
    """

    numerator: int
    denominator: int | None
    unknown: int
    known_numerator: int
    known_denominator: int | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. `denominator` None: everybody of the cohort but the deceased.

    `stages`: cohorts pooled; `stages_beside`: stages that only a breakdown by stage adds. `years`: school
    years spanned when none is asked for.
    """

    id: str
    name_vi: str
    measure: Measure
    stages: tuple[Stage, ...]
    stages_beside: tuple[Stage, ...]
    numerator: frozenset[Destination]
    denominator: frozenset[Destination] | None
    years: int
    shows_not_recognised: bool

    def figures(self, counts: Counts, *, stages: Collection[Stage] | None = None) -> Figures:
        """Compute over the indicator's stages, or over the given ones."""
        among = self.stages if stages is None else stages
        base = {
            key: persons for key, persons in counts.items() if key[0] in among and self.has_in_base(key[1])
        }
        known = {key: persons for key, persons in base.items() if key[1] not in _WHEREABOUTS_UNKNOWN}
        is_share = self.measure is Measure.SHARE
        return Figures(
            numerator=self._reached(base),
            denominator=sum(base.values()) if is_share else None,
            unknown=sum(persons for key, persons in base.items() if key[1] is Destination.UNK),
            known_numerator=self._reached(known),
            known_denominator=sum(known.values()) if is_share else None,
        )

    def has_in_base(self, destination: Destination) -> bool:
        """Whether persons with this destination are in the denominator (of a count: could be counted)."""
        if self.denominator is None:
            return destination is not Destination.DEC
        return destination in self.denominator

    def _reached(self, counts: Counts) -> int:
        return sum(persons for key, persons in counts.items() if key[1] in self.numerator)


@dataclass(frozen=True, slots=True)
class Definitions:
    """All indicator definitions and the reading of destinations, under one rule version."""

    rule_version: str
    destinations: DestinationRules
    indicators: Mapping[str, Indicator]

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator with this id. Raises `UnknownIndicator`."""
        found = self.indicators.get(indicator_id)
        if found is None:
            known = ", ".join(self.indicators)
            raise UnknownIndicator(f"Không có chỉ tiêu “{indicator_id}”; chọn trong: {known}.")
        return found


@cache
def definitions() -> Definitions:
    """The definitions that this version of the house computes by. Raises `BadDefinition`."""
    return read_definitions(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def read_definitions(document: Mapping[str, Any]) -> Definitions:
    """Check and read a definitions document. Raises `BadDefinition`."""
    try:
        indicators = [_read_indicator(table) for table in document["indicator"]]
        read = Definitions(
            rule_version=str(document["rule_version"]),
            destinations=_read_rules(document["destinations"]),
            indicators={indicator.id: indicator for indicator in indicators},
        )
    except (KeyError, ValueError, TypeError) as fault:
        raise BadDefinition(f"Định nghĩa chỉ tiêu sai hoặc thiếu: {fault}.") from fault
    if len(read.indicators) != len(indicators):
        raise BadDefinition("Hai chỉ tiêu có cùng mã.")
    return read


def _read_rules(table: Mapping[str, Any]) -> DestinationRules:
    precedence = tuple(Destination(code) for code in table["precedence"])
    if sorted(precedence) != sorted(Destination):
        raise BadDefinition("Thứ tự ưu tiên phải nêu mỗi hướng đi đúng một lần.")
    states = {
        LifeEventKind(event): Destination(code) if code else None for event, code in table["states"].items()
    }
    if set(states) != set(LifeEventKind) - {LifeEventKind.DECEASED}:
        raise BadDefinition("Mỗi biến động, trừ qua đời, phải ứng với một hướng đi.")
    return DestinationRules(
        precedence=precedence,
        states=states,
        never_follows=_programmes_by_stage(table["never_follows"]),
        only_from_that_year=_programmes_by_stage(table["only_from_that_year"]),
    )


def _programmes_by_stage(table: Mapping[str, list[str]]) -> dict[Stage, frozenset[ProgrammeKind]]:
    return {stage: frozenset(ProgrammeKind(kind) for kind in table[stage]) for stage in Stage}


def _read_indicator(table: Mapping[str, Any]) -> Indicator:
    known = {
        "id",
        "name_vi",
        "measure",
        "stages",
        "stages_beside",
        "numerator",
        "denominator",
        "years",
        "beside",
    }
    if unknown := set(table) - known:
        raise BadDefinition(f"Chỉ tiêu {table['id']}: không hiểu mục {', '.join(sorted(unknown))}.")
    denominator = table.get("denominator")
    indicator = Indicator(
        id=table["id"],
        name_vi=table["name_vi"],
        measure=Measure(table["measure"]),
        stages=tuple(Stage(stage) for stage in table["stages"]),
        stages_beside=tuple(Stage(stage) for stage in table.get("stages_beside", ())),
        numerator=frozenset(Destination(code) for code in table["numerator"]),
        denominator=None if denominator is None else frozenset(Destination(code) for code in denominator),
        years=int(table.get("years", 1)),
        shows_not_recognised="not_recognised" in table.get("beside", ()),
    )
    if not all(indicator.has_in_base(destination) for destination in indicator.numerator):
        raise BadDefinition(f"Chỉ tiêu {indicator.id}: tử số có hướng đi mà mẫu số không có.")
    return indicator
