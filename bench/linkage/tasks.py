"""What is done apart: making a set, linking it by one system, teaching the oracle, FEBRL.

A linker's answer is complete before the truth is opened; its peak memory is read in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.linkage import sets
from bench.linkage.answers import Answer
from bench.linkage.apart import peak_mib
from bench.linkage.judging import Truth, judge_deployed, judge_pairs, judge_persons
from bench.linkage.population import Intensity

SYSTEMS = ("excel", "recordlinkage", "splink", "ours online", "ours bulk", "oracle")
"""The systems that are started; "splink" answers for "splink + assignment" too."""


def make(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Make a set."""
    begun = time.perf_counter()
    sets.make(_setting(asked), Path(asked["folder"]))
    return {"seconds": time.perf_counter() - begun}


def link(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Link a set by one system, then open the truth; figures by the name of the system."""
    made, sources = sets.Made(_setting(asked), Path(asked["folder"])), int(asked["sources"])
    begun = time.perf_counter()
    if asked["system"] == "oracle":
        from bench.linkage import ceiling  # noqa: PLC0415

        answers = {"oracle": ceiling.judge(made.setting, sources, Path(asked["oracle"]))}
        reading = 0.0
    else:
        opened, records = sets.read(made, sources)
        reading = time.perf_counter() - begun
        answers = _LINKERS[asked["system"]](opened, records)
    peak = peak_mib()
    truth = made.truth(sources)
    return {
        name: {
            **_figures(truth, answer),
            "seconds": {"read": reading, **answer.seconds},
            "peak_mib": peak,
            "pairs": len(answer.left),
        }
        for name, answer in answers.items()
    }


def learn(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Teach the oracle."""
    from bench.linkage import ceiling  # noqa: PLC0415

    return {"seconds": ceiling.learn(int(asked["people"]), int(asked["sources"]), Path(asked["oracle"]))}


def febrl(_: Mapping[str, Any]) -> list[dict[str, Any]]:
    """FEBRL 1–4."""
    from bench.linkage import febrl as sets_of_febrl  # noqa: PLC0415

    return sets_of_febrl.compare()


def store(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The service on a database, online."""
    from bench.linkage import online  # noqa: PLC0415

    return online.store(asked)


def memory(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The plain scorer in memory, online."""
    from bench.linkage import online  # noqa: PLC0415

    return online.memory(asked)


def _figures(truth: Truth, answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"records": len(truth.person)}
    found["curve"] = asdict(judge_pairs(truth, answer.left, answer.right, answer.score))
    if answer.persons is not None:
        found["persons"] = asdict(judge_persons(truth, map(answer.persons, answer.thresholds)))
    if answer.deployed is not None:
        one = answer.deployed
        found["deployed"] = {
            "threshold": one.threshold,
            **asdict(judge_deployed(truth, one.left, one.right, one.probability)),
        }
    return found


def _excel(_: Any, records: Any) -> dict[str, Answer]:
    from bench.linkage.peers import excel  # noqa: PLC0415

    return {"excel": excel.link(records)}


def _recordlinkage(_: Any, records: Any) -> dict[str, Answer]:
    from bench.linkage.peers import recordlinked  # noqa: PLC0415

    return {"recordlinkage": recordlinked.link(records)}


def _splink(_: Any, records: Any) -> dict[str, Answer]:
    from bench.linkage.peers import splinked  # noqa: PLC0415

    return splinked.link(records)


def _online(opened: Any, records: Any) -> dict[str, Answer]:
    from bench.linkage import arriving  # noqa: PLC0415

    return {"ours online": arriving.link(opened, records)}


def _bulk(opened: Any, records: Any) -> dict[str, Answer]:
    from bench.linkage import ours  # noqa: PLC0415

    return {"ours bulk": ours.link(opened, records)}


_LINKERS: Mapping[str, Callable[[Any, Any], dict[str, Answer]]] = {
    "excel": _excel,
    "recordlinkage": _recordlinkage,
    "splink": _splink,
    "ours online": _online,
    "ours bulk": _bulk,
}


def _setting(asked: Mapping[str, Any]) -> sets.Setting:
    return sets.Setting(asked["people"], asked["seed"], Intensity(asked["intensity"]), asked["habits"])


TASKS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "make": make,
    "link": link,
    "learn": learn,
    "febrl": febrl,
    "store": store,
    "memory": memory,
}
