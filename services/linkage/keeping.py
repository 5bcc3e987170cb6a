"""Records, blocking keys and pairs in their tables, read and written a batch at a time.

Records have numbers of their own here (`id`), because keys and pairs would otherwise carry long references.
Whoever calls holds the turn, so numbers are given out by counting, and rows that were read stay true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import orjson

from services.linkage.driver import Driver, Statement
from services.linkage.equipment import Equipment, Kept
from services.linkage.features import Features, from_row, row
from services.linkage.judging import Match

MEMORY = 50_000
"""Records remembered between batches, about a kilobyte each."""


class StoredRow(NamedTuple):
    """What is there of a record that is heard of again; `features` is None for one taken back."""

    id: int
    ref: str
    sequence: int
    first_us: int
    features: Features | None


_STORED = Statement(
    "SELECT r.id, r.record_ref, r.sequence, r.first_recorded_us, r.features FROM json_each(?) g"
    " CROSS JOIN record r WHERE r.record_ref = g.value",
    "SELECT id, record_ref, sequence, first_recorded_us, features FROM record"
    " WHERE record_ref = ANY(%s::text[])",
)
_LAST_ID = Statement("SELECT coalesce(max(id), 0) FROM record", "SELECT coalesce(max(id), 0) FROM record")
_STORE = Statement(
    "INSERT INTO record (id, record_ref, sequence, record_kind, source, record_key, first_recorded_us,"
    " listed_on, identity, number, features, is_crowded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
    " ON CONFLICT (record_ref) DO UPDATE SET sequence = excluded.sequence,"
    " record_kind = excluded.record_kind, source = excluded.source, record_key = excluded.record_key,"
    " listed_on = excluded.listed_on, identity = excluded.identity, number = excluded.number,"
    " features = excluded.features, is_crowded = excluded.is_crowded",
    "INSERT INTO record (id, record_ref, sequence, record_kind, source, record_key, first_recorded_us,"
    " listed_on, identity, number, features, is_crowded) SELECT *, false FROM unnest(%s::bigint[],"
    " %s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
    " %s::text[], %s::text[])"
    " ON CONFLICT (record_ref) DO UPDATE SET sequence = excluded.sequence,"
    " record_kind = excluded.record_kind, source = excluded.source, record_key = excluded.record_key,"
    " listed_on = excluded.listed_on, identity = excluded.identity, number = excluded.number,"
    " features = excluded.features, is_crowded = excluded.is_crowded",
)
_KEPT = Statement(
    "SELECT r.id, r.record_ref, r.record_kind, r.source, r.listed_on, r.first_recorded_us, r.is_crowded,"
    " r.features FROM json_each(?) g CROSS JOIN record r WHERE r.id = g.value AND r.features IS NOT NULL",
    "SELECT id, record_ref, record_kind, source, listed_on, first_recorded_us, is_crowded,"
    " features FROM record WHERE id = ANY(%s::bigint[]) AND features IS NOT NULL",
)
_IDS = Statement(
    "SELECT r.record_ref, r.id FROM json_each(?) g CROSS JOIN record r"
    " WHERE r.record_ref = g.value AND r.features IS NOT NULL",
    "SELECT record_ref, id FROM record WHERE record_ref = ANY(%s::text[]) AND features IS NOT NULL",
)
_CROWD = Statement(
    "UPDATE record SET is_crowded = ? WHERE id = ?",
    "UPDATE record SET is_crowded = g.crowded FROM unnest(%s::bool[], %s::bigint[]) AS g (crowded, id)"
    " WHERE record.id = g.id",
)
_MEMBERS = Statement(
    "SELECT g.value, (SELECT group_concat(record) FROM (SELECT record FROM blocking_key WHERE key = g.value"
    " ORDER BY record LIMIT ?2)) FROM json_each(?1) g",
    "SELECT g.key, array_agg(b.record) FROM unnest(%s::bigint[]) AS g (key) CROSS JOIN LATERAL"
    " (SELECT record FROM blocking_key WHERE key = g.key ORDER BY record LIMIT %s) b GROUP BY g.key",
)
_ADD_KEYS = Statement(
    "INSERT INTO blocking_key (key, record) VALUES (?, ?) ON CONFLICT DO NOTHING",
    "INSERT INTO blocking_key (key, record) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
    " ON CONFLICT DO NOTHING",
)
_DROP_KEYS = Statement(
    "DELETE FROM blocking_key WHERE key = ? AND record = ?",
    "DELETE FROM blocking_key b USING unnest(%s::bigint[], %s::bigint[]) AS g (key, record)"
    " WHERE b.key = g.key AND b.record = g.record",
)
_PAIRS = Statement(
    "SELECT p.record, p.other, p.weight_bits, p.name_tf_bits, p.evidence_bits, p.levels FROM json_each(?) g"
    " CROSS JOIN pair p WHERE p.record = g.value",
    "SELECT p.record, p.other, p.weight_bits, p.name_tf_bits, p.evidence_bits, p.levels"
    " FROM unnest(%s::bigint[]) AS g (id) CROSS JOIN LATERAL"
    " (SELECT * FROM pair WHERE record = g.id OFFSET 0) p",
)
_ADD_PAIRS = Statement(
    "INSERT INTO pair (record, other, weight_bits, name_tf_bits, evidence_bits, levels)"
    " VALUES (?, ?, ?, ?, ?, ?)",
    "INSERT INTO pair (record, other, weight_bits, name_tf_bits, evidence_bits, levels)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::text[])",
)
_DROP_PAIRS = Statement(
    "DELETE FROM pair WHERE record = ? AND other = ?",
    "DELETE FROM pair p USING unnest(%s::bigint[], %s::bigint[]) AS g (record, other)"
    " WHERE p.record = g.record AND p.other = g.other",
)
_FORGET_KEYS = Statement("DELETE FROM blocking_key", "TRUNCATE blocking_key")
_FORGET_PAIRS = Statement("DELETE FROM pair", "TRUNCATE pair")
_AFTER = Statement(
    "SELECT id, identity, number FROM record WHERE id > ? AND identity IS NOT NULL ORDER BY id LIMIT ?",
    "SELECT id, identity, number FROM record WHERE id > %s AND identity IS NOT NULL ORDER BY id LIMIT %s",
)
_REFRESH = Statement(
    "UPDATE record SET features = ?, is_crowded = 0 WHERE id = ?",
    "UPDATE record SET features = g.features, is_crowded = false"
    " FROM unnest(%s::text[], %s::bigint[]) AS g (features, id) WHERE record.id = g.id",
)


class Records:
    """The tables, under one session that holds the turn."""

    def __init__(self, driver: Driver, equipment: Equipment) -> None:
        self._driver = driver
        self._memory = equipment.memory

    # -- records ----------------------------------------------------------------------------------

    def stored(self, refs: Sequence[str]) -> dict[str, StoredRow]:
        """What is there of the records with these references."""
        return {
            ref: StoredRow(number, ref, sequence, first_us, _read(text))
            for number, ref, sequence, first_us, text in self._driver.rows(_STORED, list(refs))
        }

    def last_id(self) -> int:
        """The greatest number given out; 0 when there is no record."""
        return int(self._driver.rows(_LAST_ID)[0][0])

    def store(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows: number, reference, sequence, kind, source, key, first_us, listed_on, identity, sealed
        number, features.
        """
        self._driver.write(_STORE, rows)

    def remember(self, kept: Iterable[Kept]) -> None:
        """What is known now of these records."""
        self._memory.update((record.id, record) for record in kept)

    def forget(self, ids: Iterable[int]) -> None:
        """These records are no longer in force, or changed."""
        for number in ids:
            self._memory.pop(number, None)

    def kept(self, ids: Collection[int]) -> dict[int, Kept]:
        """The records in force with these numbers."""
        memory = self._memory
        found = {number: memory[number] for number in ids if number in memory}
        wanted = [number for number in ids if number not in found]
        if wanted:
            for number, ref, kind, source, listed_on, first_us, crowded, text in self._driver.rows(
                _KEPT, wanted
            ):
                features = from_row(orjson.loads(text))
                found[number] = Kept(number, ref, kind, source, listed_on, first_us, bool(crowded), features)
            if len(memory) > MEMORY:
                for number in list(islice(memory, len(memory) // 2)):
                    del memory[number]
            memory.update(found)
        return found

    def ids(self, refs: Collection[str]) -> dict[str, int]:
        """The numbers of the records in force with these references."""
        return dict(self._driver.rows(_IDS, sorted(refs))) if refs else {}

    def mark_crowded(self, crowded: Mapping[int, bool]) -> set[int]:
        """Say of records whether too many share their name and birth; of whom that was written."""
        changed = [
            (is_crowded, number)
            for number, is_crowded in crowded.items()
            if (kept := self._memory.get(number)) is None or kept.crowded is not is_crowded
        ]
        self._driver.write(_CROWD, changed)
        for is_crowded, number in changed:
            kept = self._memory.get(number)
            if kept is not None:
                self._memory[number] = kept._replace(crowded=is_crowded)
        return {number for _, number in changed}

    def in_force_after(self, number: int, limit: int) -> list[tuple[int, str, str | None]]:
        """Number, identity and sealed number of at most `limit` records in force, in order."""
        found: list[Any] = self._driver.rows(_AFTER, number, limit)
        return found

    def refresh(self, features: Sequence[tuple[int, Features]]) -> None:
        """Write features that were computed again."""
        self._driver.write(_REFRESH, [(packed(record), number) for number, record in features])

    # -- blocking keys ----------------------------------------------------------------------------

    def members(self, keys: Collection[int], most: int) -> dict[int, list[int]]:
        """At most `most` records under each key, smallest numbers first; keys without any are left out."""
        if not keys:
            return {}
        rows = self._driver.rows(_MEMBERS, sorted(keys), most)
        if self._driver.is_postgresql:
            return dict(rows)
        return {key: orjson.loads(f"[{text}]") for key, text in rows if text}

    def add_keys(self, keys: Iterable[tuple[int, int]]) -> None:
        """Write (key, record)."""
        self._driver.write(_ADD_KEYS, sorted(keys))

    def drop_keys(self, keys: Iterable[tuple[int, int]]) -> None:
        """Remove (key, record)."""
        self._driver.write(_DROP_KEYS, sorted(keys))

    # -- pairs ------------------------------------------------------------------------------------

    def pairs(self, ids: Collection[int]) -> list[tuple[int, int, Match]]:
        """Every pair of each of the records, as (record, other, match)."""
        if not ids:
            return []
        return [
            (one, other, Match(weight, rarity, evidence, _levels(levels)))
            for one, other, weight, rarity, evidence, levels in self._driver.rows(_PAIRS, sorted(ids))
        ]

    def add_pairs(self, pairs: Mapping[tuple[int, int], Match]) -> None:
        """Write pairs, each given once; they are found from both ends."""
        rows = []
        for (one, other), match in pairs.items():
            values = (*match[:3], orjson.dumps(match.levels).decode())
            rows.append((one, other, *values))
            rows.append((other, one, *values))
        self._driver.write(_ADD_PAIRS, sorted(rows))

    def drop_pairs(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Remove pairs, each given once or from both ends."""
        self._driver.write(
            _DROP_PAIRS, sorted({end for one, other in pairs for end in ((one, other), (other, one))})
        )

    def forget_derived(self) -> None:
        """Remove all keys and pairs: they will be computed again."""
        self._driver.run(_FORGET_KEYS)
        self._driver.run(_FORGET_PAIRS)
        self._memory.clear()


@lru_cache(maxsize=1 << 14)
def _levels(text: str) -> tuple[int, ...]:
    """Levels as they are stored; few different ones stand in many pairs."""
    return tuple(orjson.loads(text))


def packed(features: Features) -> str:
    """Features as they are stored: a JSON list in the order of their columns."""
    return orjson.dumps(row(features)).decode()


def _read(text: str | None) -> Features | None:
    return None if text is None else from_row(orjson.loads(text))
