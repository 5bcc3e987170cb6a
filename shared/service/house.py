"""Several open services in one process: the whole of Nối Nghề on one machine, or what a command needs.

The house starts and stops relays and workers, and knows when everything has come to rest. Which
services there are is told by the caller; nothing here names one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import structlog

from shared.clock import Clock, SystemClock
from shared.errors import NotFound, Unavailable
from shared.messaging import outbox
from shared.messaging.log import EventLog, open_event_log
from shared.messaging.relay import Relay
from shared.messaging.worker import Worker, positions
from shared.service.service import Context, Operation, Service
from shared.settings import Settings
from shared.web.heartbeat import keep_beating
from shared.web.logs import frames_of

_log = structlog.get_logger(__name__)

Progress: TypeAlias = Callable[[int, int], None]
"""Told (done, total) as long work goes on."""

SETTLE_POLL_S = 0.05


class NotSettled(Unavailable):
    """Time ran out before every event was through every service."""

    code = "not_settled"


class RunnerDied(Unavailable):
    """A relay or worker gave up; nothing is lost, but nothing moves either."""

    code = "runner_died"


class House:
    """Open services, by name. Use as a context manager; closing stops what was started."""

    def __init__(self, services: Sequence[Service], settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._logs: dict[str, EventLog] = {}
        self._checked: set[str] = set()
        self.contexts: dict[str, Context] = {}
        self._stop: threading.Event | None = None
        self._threads: list[threading.Thread] = []
        self._dead: list[str] = []
        try:
            for service in services:
                self.contexts[service.name] = service.open(settings, self.clock)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop relays and workers after their present batch, then give back files and connections."""
        self.stop()
        for context in self.contexts.values():
            context.database.dispose()
        for log in self._logs.values():
            log.close()
        self.contexts = {}
        self._logs = {}

    def service(self, name: str) -> Context:
        """The open service of that name; raises `NotFound`."""
        try:
            return self.contexts[name]
        except KeyError:
            known = ", ".join(self.contexts)
            raise NotFound(f"Không có dịch vụ “{name}”; các dịch vụ: {known}.") from None

    def log(self, name: str) -> EventLog:
        """The event log as that service sees it, its topics checked; services with the same URL share one.

        Opened when first needed: a command that only writes or reads tables works while Kafka is away.
        """
        url = self.settings.event_log_url(name)
        if url not in self._logs:
            self._logs[url] = open_event_log(url)
        if name not in self._checked:
            self._logs[url].ensure_topics(self.service(name).service.topics)
            self._checked.add(name)
        return self._logs[url]

    def operation(self, name: str) -> tuple[Operation, Context] | None:
        """The verb of a service by its full name, with the service's context."""
        for context in self.contexts.values():
            if name in context.service.operations:
                return context.service.operations[name], context
        return None

    @property
    def is_running(self) -> bool:
        """Whether relays and workers of this process are at work."""
        return self._stop is not None

    def start(self, *, instance: str | None = None) -> None:
        """Start one relay per publishing and one worker per consuming service, each on its own thread.

        `instance`: the name of a replica that stays; None for a command that comes and goes.
        """
        if self._stop is not None:
            return
        stop = self._stop = threading.Event()
        for context in self.contexts.values():
            roles = runners(context, self.log(context.service.name), instance=instance)
            for role, run in {**roles, "heartbeat": self._heartbeat(context)}.items():
                name = f"{context.service.name}-{role}"
                thread = threading.Thread(target=self._keep, args=(name, run, stop), name=name, daemon=True)
                thread.start()
                self._threads.append(thread)

    def check(self) -> None:
        """Raise `RunnerDied` where a relay or worker gave up; the log says why."""
        if self._dead:
            raise RunnerDied(
                f"Tiến trình nền đã dừng: {', '.join(self._dead)}; xem nhật ký và noinghe dead-letters."
            )

    def _heartbeat(self, context: Context) -> Callable[[threading.Event], Any]:
        """Tells web processes, through the database, that nothing here has given up."""
        return partial(keep_beating, context.database, context.clock, is_well=lambda: not self._dead)

    def _keep(self, name: str, run: Callable[[threading.Event], Any], stop: threading.Event) -> None:
        try:
            run(stop)
        except Exception as fault:
            self._dead.append(name)
            _log.error("runner.died", service=name, error=type(fault).__name__, frames=frames_of(fault))

    def stop(self) -> None:
        """Ask relays and workers to end after their present batch, and wait for them."""
        if self._stop is None:
            return
        self._stop.set()
        for context in self.contexts.values():
            context.database.wake()
        for log in self._logs.values():
            log.wake()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._dead = []
        self._stop = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Relays and workers at work for the length of a block, then as before."""
        was_running = self.is_running
        self.start()
        try:
            yield
        finally:
            if not was_running:
                self.stop()

    def settle(self, *, timeout_s: float | None = None, progress: Progress | None = None) -> None:
        """Return when every event is through every service; starts what is not running for that time.

        Raises `NotSettled` after `timeout_s` seconds (None: waits for ever).
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self.running():
            most = 0
            while (left := self.backlog()) > 0:
                self.check()
                most = max(most, left)
                if progress is not None:
                    progress(most - left, most)
                if deadline is not None and time.monotonic() > deadline:
                    raise NotSettled(f"Hết thời gian chờ: còn {left} sự kiện chưa xử lý xong.")
                time.sleep(SETTLE_POLL_S)
            if progress is not None:
                progress(most, most)

    def backlog(self) -> int:
        """Events not yet through: in an outbox, or behind some service's position. 0 means at rest.

        A worker writes its position and its own outbox rows in one transaction. So positions at the ends,
        then empty outboxes, then unmoved ends prove that nothing was under way in between.
        """
        ends = self._ends()
        behind = 0
        for name, context in self.contexts.items():
            if context.service.consumes:
                reached = positions(context.database)
                behind += sum(max(0, end - reached.get(at, 0)) for at, end in ends[name].items())
        waiting = sum(outbox.depth(context.database) for context in self.contexts.values())
        if behind + waiting == 0 and self._ends() != ends:
            return 1
        return behind + waiting

    def holds_data(self) -> bool:
        """Whether anything was ever recorded here: an event waits, or is in the log."""
        if any(outbox.depth(context.database) for context in self.contexts.values()):
            return True
        return any(end for ends in self._ends().values() for end in ends.values())

    def _ends(self) -> Mapping[str, Mapping[tuple[str, int], int]]:
        return {
            name: self.log(name).ends(context.service.consumes)
            for name, context in self.contexts.items()
            if context.service.consumes
        }


def runners(
    context: Context, log: EventLog, *, instance: str | None
) -> dict[str, Callable[[threading.Event], Any]]:
    """What an open service has to keep going, by role: each runs until its stop event is set."""
    service = context.service
    roles: dict[str, Callable[[threading.Event], Any]] = {}
    if service.publishes:
        roles["relay"] = Relay(context.database, log, service.name).run
    if service.consumes:
        roles["worker"] = Worker(
            context.database,
            log,
            service.name,
            service.handlers,
            clock=context.clock,
            instance=instance,
        ).run
    return roles
