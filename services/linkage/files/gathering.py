"""From files to records: every batch prepared, in this process or, for large files, in several."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from services.linkage.files.preparing import Prepared, prepare
from services.linkage.files.reading import Batch, Source, batches
from services.linkage.files.records import BESIDE, Collecting, Records
from services.linkage.files.spreading import processes, spread
from services.linkage.sealing import KEY_BYTES, Seal

SPREAD_FROM_BATCHES = 10
"""Fewer batches are prepared here: starting processes would take longer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns of the features are kept, and which book of codes each uses."""

    columns: tuple[str, ...]
    group: Mapping[str, str]


def gather(
    sources: Sequence[Source], wanted: Wanted, *, today: date, progress: Callable[[int], None]
) -> Records:
    """Read and prepare everything; `progress` hears how many rows are done.

    Personal numbers are sealed under a key that is made here and kept nowhere. Raises as `batches` and
    `spread` do.
    """
    key = secrets.token_bytes(KEY_BYTES)
    columns = tuple(dict.fromkeys((*wanted.columns, *BESIDE)))
    collecting = Collecting(wanted.group)
    done = 0
    for prepared in _prepared(batches(sources), key, columns, today=today):
        collecting.add(prepared)
        done += len(prepared.names)
        progress(done)
    return collecting.records()


def _prepared(
    pieces: Iterator[Batch], key: bytes, columns: tuple[str, ...], *, today: date
) -> Iterator[Prepared]:
    first = list(islice(pieces, SPREAD_FROM_BATCHES))
    workers = processes()
    if len(first) < SPREAD_FROM_BATCHES or workers == 1:
        seal = Seal(key)
        for batch in chain(first, pieces):
            yield prepare(batch, seal, columns, today=today)
        return
    yield from spread(
        _prepare_there, chain(first, pieces), workers=workers, start=_start, arguments=(key, columns, today)
    )


class _There:
    """What a process of `spread` knows; set once at its start."""

    seal: Seal
    columns: tuple[str, ...]
    today: date


def _start(key: bytes, columns: tuple[str, ...], today: date) -> None:
    _There.seal, _There.columns, _There.today = Seal(key), columns, today


def _prepare_there(batch: Batch) -> Prepared:
    return prepare(batch, _There.seal, _There.columns, today=_There.today)
