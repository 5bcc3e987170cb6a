"""Consumer groups of the embedded log: who reads which partition, by leases with an expiry.

Every member computes the same share from the same list of members, takes what is free of its own share
and gives back what is not. A lease only avoids double work: what keeps effects single is the position in
the consumer's database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from shared.messaging.log import Place
from shared.messaging.ownership import is_held, new_owner

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class GroupMember:
    """One member of a consumer group."""

    def __init__(
        self, transaction: Transaction, group: str, places: Sequence[Place], *, ttl_s: float
    ) -> None:
        self._transaction = transaction
        self._group = group
        self._places = sorted(places)
        self._ttl_s = ttl_s
        self._owner = new_owner()
        self._held: set[Place] = set()
        self._wanted = 0
        self._due = 0.0
        self._noted: dict[Place, int] = {}

    def renew_when_due(self) -> set[Place]:
        """Renew leases and take or give back partitions, every third of the time that a lease lasts."""
        now = time.monotonic()
        if now >= self._due:
            with self._transaction() as connection:
                self._held = self._balance(connection, now)
                self._write_noted(connection)
            # A partition that another still holds may be free soon: look sooner.
            self._due = now + self._ttl_s / (3 if len(self._held) == self._wanted else 12)
        return self._held

    def note(self, positions: Mapping[Place, int]) -> None:
        """Remember how far the group is until the next renewal."""
        self._noted.update(positions)

    def leave(self) -> None:
        """Give everything back."""
        with self._transaction() as connection:
            self._write_noted(connection)
            for table in ("lease", "member"):
                connection.execute(
                    f"DELETE FROM {table} WHERE consumer = ? AND owner = ?",  # noqa: S608 - our own names
                    (self._group, self._owner),
                )

    def _balance(self, connection: sqlite3.Connection, now: float) -> set[Place]:
        share = self._share(connection, now)
        self._wanted = len(share)
        leases = {
            (topic, partition): (owner, epoch, expires_at)
            for topic, partition, owner, epoch, expires_at in connection.execute(
                "SELECT topic, partition, owner, epoch, expires_at FROM lease WHERE consumer = ?",
                (self._group,),
            )
        }
        held: set[Place] = set()
        for place in self._places:
            owner, epoch, expires_at = leases.get(place, ("", 0, 0.0))
            if place in share and (owner == self._owner or not is_held(owner, expires_at, now=now)):
                connection.execute(
                    "INSERT INTO lease VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
                    "owner = excluded.owner, epoch = excluded.epoch, expires_at = excluded.expires_at",
                    (self._group, *place, self._owner, epoch + (owner != self._owner), now + self._ttl_s),
                )
                held.add(place)
            elif owner == self._owner:
                connection.execute(
                    "DELETE FROM lease WHERE consumer = ? AND topic = ? AND partition = ?",
                    (self._group, *place),
                )
        return held

    def _share(self, connection: sqlite3.Connection, now: float) -> set[Place]:
        """The partitions that are ours when everyone who lives counts."""
        connection.execute(
            "INSERT INTO member VALUES (?,?,?) ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
            (self._group, self._owner, now + self._ttl_s),
        )
        members = []
        for owner, expires_at in connection.execute(
            "SELECT owner, expires_at FROM member WHERE consumer = ? ORDER BY owner", (self._group,)
        ).fetchall():
            if is_held(owner, expires_at, now=now):
                members.append(owner)
            else:
                connection.execute(
                    "DELETE FROM member WHERE consumer = ? AND owner = ?", (self._group, owner)
                )
        mine = members.index(self._owner)
        return set(self._places[mine :: len(members)])

    def _write_noted(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO committed VALUES (?,?,?,?) "
            "ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
            [(self._group, *place, offset) for place, offset in self._noted.items()],
        )
        self._noted = {}
