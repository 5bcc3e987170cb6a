"""A consumer that went deaf is replaced: nothing waits for ever although the log has something for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from shared.contracts import Topic
from shared.contracts.school import CONTENT
from shared.messaging.embedded import EmbeddedConsumer, EmbeddedLog
from shared.messaging.log import LogRecord, StartingPoints
from tests.shared.messaging.house import changes, open_prepared, relay, seen, worker


class Deaf(EmbeddedConsumer):
    """A member of the group that has its partitions and never hears a record."""

    def poll(self, max_records: int, *, timeout_s: float) -> list[LogRecord]:
        super().poll(max_records, timeout_s=0.0)
        time.sleep(0.01)
        return []


class LogWithDeafConsumers(EmbeddedLog):
    """A real log whose first consumers are deaf."""

    deaf = 1

    def consumer(
        self, group: str, topics: Sequence[Topic], *, instance: str | None, starting_points: StartingPoints
    ) -> EmbeddedConsumer:
        if self.deaf:
            self.deaf -= 1
            return Deaf(self, group, topics, starting_points=starting_points)
        return super().consumer(group, topics, instance=instance, starting_points=starting_points)


def test_a_worker_that_hears_nothing_although_it_is_behind_takes_a_new_consumer(tmp_path: Path) -> None:
    log = LogWithDeafConsumers(tmp_path / "log.db")
    log.ensure_topics([CONTENT])
    source = open_prepared(f"sqlite:///{tmp_path}", "school")
    target = open_prepared(f"sqlite:///{tmp_path}", "indicators")
    changes(source, ["a", "b"])
    relay(source, log).drain()
    stop = threading.Event()
    hearing = worker(target, log, lag_every_s=0.05)
    running = threading.Thread(target=hearing.run, args=(stop,))
    running.start()
    deadline = time.monotonic() + 20
    wanted = {"a": (1, 1), "b": (1, 1)}
    while seen(target) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    log.wake()
    running.join()
    found = seen(target)
    source.dispose()
    target.dispose()
    log.close()
    assert log.deaf == 0
    assert found == wanted
