"""Measures links against a truth that somebody knows: `noinghe link evaluate`.

A truth names records by source and key, and so do links; but a store calls a source by its publisher, and a
file by its name. So each source of the truth is matched with the sources of the links in which most of its
keys stand, and a record is looked for in those, the likeliest first. What is missing on a side is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from services.linkage.measures import Measures, labels, measure
from shared.errors import Invalid
from shared.files.cells import Refusal, written
from shared.files.gate import UnreadableFile
from shared.files.layout import heading_key
from shared.files.reading import stream_table


class Named(NamedTuple):
    """A record as a file names it, and its person (None: linked to nobody)."""

    source: str
    record_id: str
    person: str | None


class NothingInCommon(Invalid):
    """No record of the truth is among the links."""

    code = "nothing_in_common"

    def __init__(self) -> None:
        super().__init__(
            "Không hồ sơ nào của tệp sự thật có trong các liên kết; hãy kiểm tra cột source và record_id."
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`missing`: records of the truth that the links do not know; `beside`: linked records that the truth
    does not know. `sources`: per source of the truth the sources of the links it was matched with."""

    measures: Measures
    missing: int
    beside: int
    sources: Mapping[str, Sequence[str]]

    def to_json(self) -> dict[str, Any]:
        """The evaluation as JSON data."""
        return asdict(self)


def read_truth(path: Path) -> list[Named]:
    """Read a file with the columns source, record_id, person. Raises `UnreadableFile`."""
    return _read(path, ("source", "record_id", "person"))


def read_links(path: Path) -> list[Named]:
    """Read a file as `noinghe link files` and `noinghe link export` write it. Raises `UnreadableFile`."""
    return _read(path, ("source", "record_id", "person_id"))


def evaluate(truth: Iterable[Named], links: Iterable[Named]) -> Evaluation:
    """Measure the persons of `links` against those of `truth`, over the records that both know.

    Raises `NothingInCommon`.
    """
    found = {(record.source, record.record_id): record.person for record in links}
    known = {(record.source, record.record_id): record.person for record in truth}
    sources = _matched(known, found)
    true: list[str | None] = []
    persons: list[str | None] = []
    taken: set[tuple[str, str]] = set()
    missing = 0
    for (source, record_id), person in known.items():
        places = ((other, record_id) for other in sources[source])
        place = next((place for place in places if place in found and place not in taken), None)
        if place is None:
            missing += 1
            continue
        taken.add(place)
        true.append(person)
        persons.append(found[place])
    if not true:
        raise NothingInCommon
    return Evaluation(measure(labels(true), labels(persons)), missing, len(found) - len(taken), sources)


def _matched(
    known: Mapping[tuple[str, str], str | None], found: Mapping[tuple[str, str], str | None]
) -> dict[str, list[str]]:
    """Per source of the truth the sources of the links that share keys with it, most keys first.

    A source of the same name stands before all others.
    """
    holders: dict[str, list[str]] = {}
    for source, record_id in found:
        holders.setdefault(record_id, []).append(source)
    shared: dict[str, Counter[str]] = {source: Counter() for source, _ in known}
    for source, record_id in known:
        shared[source].update(holders.get(record_id, ()))
    return {
        source: sorted(counts, key=lambda other: (other != source, -counts[other], other))
        for source, counts in shared.items()
    }


def _read(path: Path, columns: Sequence[str]) -> list[Named]:
    try:
        table = stream_table(path, expected=[heading_key(column) for column in columns])
        places = {heading_key(heading): place for place, heading in enumerate(table.headings)}
        missing = [column for column in columns if heading_key(column) not in places]
        if missing:
            raise UnreadableFile(f"thiếu cột {', '.join(missing)}.", code="missing_column")
        chosen = [places[heading_key(column)] for column in columns]
        rows = [[_text(line, place) for place in chosen] for _, line in table.rows]
    except UnreadableFile as problem:
        raise UnreadableFile(f"{path.name}: {problem.message}", code=problem.code) from None
    return [Named(source, record_id, person or None) for source, record_id, person in rows if record_id]


def _text(line: Sequence[Any], place: int) -> str:
    """The text of a cell, without the apostrophe that keeps a spreadsheet from reading a formula."""
    try:
        text = written(line[place]).strip() if place < len(line) else ""
    except Refusal:
        return ""
    return text[1:] if text.startswith("'") else text
