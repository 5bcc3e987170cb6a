"""The sets that linkers are compared on: made by a process of its own, read by those that are measured.

A set is a folder with the files that `generate` writes; who is who stands beside them, in a folder that a
linker does not open. Test seeds start at `FIRST_TEST_SEED`; nothing that is shipped, no table and no oracle,
was trained on one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from bench.linkage.judging import Truth
from bench.linkage.population import Intensity, population
from bench.linkage.population.files import write
from services.linkage.features import COLUMNS
from services.linkage.files.gathering import Wanted, gather
from services.linkage.files.reading import Source, open_sources
from services.linkage.files.records import Records
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.model.batch import BatchScorer

FIRST_TEST_SEED = 900_001
SOURCES = ("leavers", "learners", "hired")
TODAY = date(2026, 11, 28)
"""The day on which the lists are linked; later than anything in them."""

_TRUTH = "truth.npz"
_KINH = "01"


@dataclass(frozen=True, slots=True)
class Setting:
    """One set to be made: what was asked of the generator."""

    people: int
    seed: int
    intensity: Intensity
    habits: int | None = None

    @property
    def name(self) -> str:
        """A name for folders and progress."""
        drawn = "" if self.habits is None else f"-h{self.habits}"
        return f"{self.people}-{self.intensity.value}-{self.seed}{drawn}"


@dataclass(frozen=True, slots=True)
class Made:
    """A set in a folder, always with three lists; two of them are the two-source set."""

    setting: Setting
    folder: Path

    def files(self, sources: int) -> list[Path]:
        """The first so many lists, in the order of `SOURCES`."""
        return [self.folder / f"{name}.csv" for name in SOURCES[:sources]]

    def truth(self, sources: int) -> Truth:
        """Who is who in the first so many lists; to be asked for after linking."""
        with np.load(self.folder / _TRUTH) as stored:
            among = stored["source"] < sources
            return Truth(stored["person"][among], stored["source"][among], stored["kinh"][among])


def make(setting: Setting, folder: Path) -> Made:
    """Make the set and write it."""
    made = population(
        people=setting.people,
        seed=setting.seed,
        intensity=setting.intensity,
        habits=setting.habits,
        sources=len(SOURCES),
    )
    write(made, folder)
    person = np.concatenate([source.person for source in made.sources]).astype(np.int64)
    source = np.concatenate([np.full(len(one), place) for place, one in enumerate(made.sources)])
    kinh = np.asarray(made.people.ethnic)[person] == _KINH
    np.savez(folder / _TRUTH, person=person, source=source.astype(np.int64), kinh=kinh)
    return Made(setting, folder)


def read(made: Made, sources: int) -> tuple[list[Source], Records]:
    """The records of a set as `noinghe link files` prepares them, with every column of the features: what
    ours and the peers start from, so that nobody loses by reading."""
    document = documents.shipped()
    scorer = BatchScorer(document, frequencies.shipped(document))
    group = {column: scorer.group.get(column, column) for column in COLUMNS}
    opened = open_sources(made.files(sources))
    records = gather(opened, Wanted(COLUMNS, group), today=TODAY, progress=lambda _: None)
    if sum(source.empty for source in opened):
        raise ValueError("a row of a generated list says nothing about anybody")
    return opened, records
