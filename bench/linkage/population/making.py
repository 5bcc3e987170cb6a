"""Makes a population: places, people, the lists of the sources, and what happens to them on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.linkage.population import sheets
from bench.linkage.population.arrays import Bits, Days, Ints, Texts, stream
from bench.linkage.population.damage import Damaged, Habits, damaged
from bench.linkage.population.kinds import KINDS, Intensity
from bench.linkage.population.people import People, make_people
from bench.linkage.population.places import make_places

VERSION = "1.0"
"""Of the generator: with the same version a seed gives the same population."""

FEWEST_PEOPLE, MOST_PEOPLE = 100, 10_000_000
_PLACES_STREAM = 1


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one source, as columns of text ("" is an empty cell).

    `person` is the place of each row's person in `Population.people`, `listing` the number of the list it
    stands on, `day` the day on which its codes are meant. `damage` has a bit per kind of `KINDS`, in
    bytes: ask `damage_of`.
    """

    name: str
    kind: str
    columns: Mapping[str, Texts]
    person: Ints
    listing: Ints
    day: Days
    damage: Bits

    def __len__(self) -> int:
        return len(self.person)

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows as they stand in the file."""
        names = tuple(self.columns)
        for cells in zip(*(column.tolist() for column in self.columns.values()), strict=True):
            yield dict(zip(names, cells, strict=True))

    def counts(self) -> dict[str, int]:
        """How many rows each kind of corruption changed."""
        return {
            kind.name: int(np.count_nonzero(self.damage[:, place // 8] >> place % 8 & 1))
            for place, kind in enumerate(KINDS)
        }

    def damage_of(self, row: int) -> tuple[str, ...]:
        """The kinds that changed a row."""
        bits = self.damage[row].tolist()
        return tuple(kind.name for place, kind in enumerate(KINDS) if bits[place // 8] >> place % 8 & 1)


@dataclass(frozen=True, slots=True)
class Population:
    """People and what the sources say of them. `institutions` are rows of that KIND."""

    people: People
    sources: tuple[Source, ...]
    institutions: tuple[Mapping[str, str], ...]
    seed: int
    intensity: Intensity
    habits: Habits

    def source(self, name: str) -> Source:
        """The source of that name; raises `KeyError`."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)

    def truth(self) -> Iterator[tuple[str, str, str]]:
        """Source, record_id, person of every row."""
        for source in self.sources:
            for record_id, person in zip(
                source.columns["record_id"].tolist(), source.person.tolist(), strict=True
            ):
                yield source.name, record_id, person_name(person)

    def pairs(self, left: str, right: str) -> int:
        """How many true pairs there are between two sources, or inside one."""
        first = np.bincount(self.source(left).person, minlength=len(self.people))
        if left == right:
            return int((first * (first - 1) // 2).sum())
        return int((first * np.bincount(self.source(right).person, minlength=len(self.people))).sum())


def person_name(person: int) -> str:
    """The name of a person in the truth."""
    return f"P{person:08d}"


def population(
    *,
    people: int,
    seed: int,
    intensity: Intensity | str = Intensity.NORMAL,
    habits: int | None = None,
    sources: int = 3,
    tell: Callable[[str], None] | None = None,
) -> Population:
    """So many people and their rows; equal arguments give equal populations.

    `habits` is the seed of a profile of error rates (None: the plain one). `sources` 2 leaves out the hired;
    the other two files are the same as with 3. `tell` hears what is being done, `steps(sources)` times.
    Raises `ValueError` for sizes that make no sense.
    """
    if not FEWEST_PEOPLE <= people <= MOST_PEOPLE:
        raise ValueError(f"people must be between {FEWEST_PEOPLE} and {MOST_PEOPLE}")
    if sources not in (2, 3):
        raise ValueError("sources must be 2 or 3")
    level, profile, say = Intensity(intensity), Habits(habits), tell or _silent
    say("places")
    places = make_places(stream(seed, _PLACES_STREAM), people)
    say("people")
    who = make_people(seed, people, places)
    say("lists")
    left = sheets.leavers(seed, who, places)
    roles = sheets.make_roles(seed, who, left)
    lists = [left, sheets.learners(seed, who, places, roles)]
    if sources == 3:
        lists.append(sheets.hired(seed, who, places, roles))
    made = [
        _source(damaged(sheet, seed=seed, intensity=level, habits=profile, tell=_prefixed(say, sheet.source)))
        for sheet in lists
    ]
    return Population(
        people=who,
        sources=tuple(made),
        institutions=tuple(sheets.institutions(places, lists)),
        seed=seed,
        intensity=level,
        habits=profile,
    )


def steps(sources: int) -> int:
    """How often `population` tells what it does."""
    return 3 + sources * len(KINDS)


def _silent(_: str) -> None:
    """Nobody listens."""


def _prefixed(say: Callable[[str], None], source: str) -> Callable[[str], None]:
    return lambda kind: say(f"{source}: {kind}")


def _source(result: Damaged) -> Source:
    sheet = result.sheet
    columns = {name: sheet.columns[name] for name in sheets.IDENTITY}
    columns |= {name: column for name, column in sheet.columns.items() if name not in columns}
    return Source(
        sheet.source,
        sheets.KINDS[sheet.source],
        columns,
        sheet.person,
        sheet.listing,
        sheet.day,
        result.damage,
    )
