"""`python -m bench.linkage compare`: all systems on the same sets, side by side, in one run.

Every system runs in a process of its own, one after the other on the same machine, and a set is deleted when
all have seen it: the memory of the bench does not grow with the sets. A system that cannot take a size in
bounded time is left out there, and the table says so.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.linkage import apart
from bench.linkage.population import Intensity
from bench.linkage.sets import FIRST_TEST_SEED, Setting
from bench.linkage.tasks import SYSTEMS

MOST_PEOPLE: Mapping[str, int] = {"recordlinkage": 20_000, "ours online": 100_000}
"""Above so many people a system is left out: its time is not bounded by anything useful there."""

TWO_SOURCES_ONLY = frozenset({"recordlinkage"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared. `seeds`: how many sets of each kind, from `FIRST_TEST_SEED` on. `drawn`: each set has
    error rates of its own. `oracle_people`: the size of the oracle's own populations, 0: without it."""

    people: tuple[int, ...]
    intensities: tuple[Intensity, ...]
    sources: tuple[int, ...] = (2, 3)
    seeds: int = 1
    drawn: bool = False
    systems: tuple[str, ...] = SYSTEMS
    oracle_people: int = 20_000
    febrl: bool = True
    within_s: float = 7_200.0


@dataclass(slots=True)
class Compared:
    """What was found: a row per set and system, FEBRL's figures, and what could not be done."""

    rows: list[Row] = field(default_factory=list)
    febrl: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    learning_s: dict[str, float] = field(default_factory=dict)


def compare(plan: Plan, *, keep: Callable[[Compared], None]) -> Compared:
    """Run the plan; `keep` is called after every step, so that a long run that ends early is not lost."""
    found = Compared()
    folder = Path(tempfile.mkdtemp(prefix="noinghe-compare-"))
    try:
        oracles = _learn(plan, folder, found)
        for people in plan.people:
            for intensity in plan.intensities:
                for number in range(plan.seeds):
                    seed = FIRST_TEST_SEED + number
                    setting = Setting(people, seed, intensity, seed if plan.drawn else None)
                    _one_set(plan, setting, folder / setting.name, oracles, found=found, keep=keep)
        if plan.febrl:
            _say("FEBRL 1–4")
            found.febrl = _tried("febrl", {}, plan, found) or []
            keep(found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _learn(plan: Plan, folder: Path, found: Compared) -> dict[int, Path]:
    """An oracle for each number of sources."""
    if "oracle" not in plan.systems or not plan.oracle_people:
        return {}
    oracles = {}
    for sources in plan.sources:
        file = folder / f"oracle-{sources}.pickle"
        _say(f"teaching the oracle for {sources} sources")
        asked = {"people": plan.oracle_people, "sources": sources, "oracle": str(file)}
        if (learnt := _tried("learn", asked, plan, found)) is not None:
            oracles[sources] = file
            found.learning_s[str(sources)] = learnt["seconds"]
    return oracles


def _one_set(
    plan: Plan,
    setting: Setting,
    folder: Path,
    oracles: Mapping[int, Path],
    *,
    found: Compared,
    keep: Callable[[Compared], None],
) -> None:
    asked = {
        "people": setting.people,
        "seed": setting.seed,
        "intensity": setting.intensity.value,
        "habits": setting.habits,
    }
    _say(f"making {setting.name}")
    if _tried("make", {**asked, "folder": str(folder)}, plan, found) is None:
        return
    for sources in plan.sources:
        for system in plan.systems:
            if reason := _not_asked(system, setting.people, sources, oracles):
                if reason not in found.left_out:
                    found.left_out.append(reason)
                continue
            _say(f"{setting.name}, {sources} sources: {system}")
            task = {
                **asked,
                "folder": str(folder),
                "sources": sources,
                "system": system,
                "oracle": str(oracles.get(sources, "")),
            }
            answers = _tried("link", task, plan, found) or {}
            found.rows += [
                {**asked, "sources": sources, "system": name, **figures} for name, figures in answers.items()
            ]
            keep(found)
    shutil.rmtree(folder)


def _not_asked(system: str, people: int, sources: int, oracles: Mapping[int, Path]) -> str | None:
    """Why a system is left out; None: it is asked."""
    if people > MOST_PEOPLE.get(system, people):
        return f"{system}: not above {MOST_PEOPLE[system]:,} people"
    if sources > 2 and system in TWO_SOURCES_ONLY:
        return f"{system}: links two sources only"
    if system == "oracle" and sources not in oracles:
        return "oracle: not taught"
    return None


def _tried(task: str, asked: Mapping[str, Any], plan: Plan, found: Compared) -> Any:
    """The answer of a task; None, with a word in what was left out, where it failed or took too long."""
    try:
        return apart.run(task, asked, within_s=plan.within_s)
    except (apart.TookTooLong, apart.TaskFailed) as problem:
        what = ", ".join(str(asked[name]) for name in ("system", "people", "intensity") if name in asked)
        found.left_out.append(f"{what or task}: {problem}")
        _say(found.left_out[-1])
        return None


def to_json(found: Compared, plan: Plan, circumstances: str) -> str:
    """Everything that was seen, as a file."""
    data = {
        "circumstances": circumstances,
        "people": plan.people,
        "seeds": [FIRST_TEST_SEED + number for number in range(plan.seeds)],
        "habits_drawn": plan.drawn,
        "learning_s": found.learning_s,
        "rows": found.rows,
        "febrl": found.febrl,
        "left_out": found.left_out,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


_BEGUN = time.monotonic()


def _say(text: str) -> None:
    print(f"[{time.monotonic() - _BEGUN:7.1f} s] {text}", file=sys.stderr, flush=True)


def chosen(rows: Sequence[Row], **asked: Any) -> list[Row]:
    """The rows with these values."""
    return [row for row in rows if all(row.get(name) == value for name, value in asked.items())]
