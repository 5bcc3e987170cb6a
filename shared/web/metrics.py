"""Every metric of the web layer, in one list, in Prometheus base units.

Registry: the application's own in one process; under gunicorn with `PROMETHEUS_MULTIPROC_DIR` the sum of
all worker processes. Figures that live in the database are read when Prometheus asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from shared.web.health import Health


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric: what it means, and what to do when it looks wrong."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    action: str


REQUESTS = MetricSpec(
    "noinghe_http_requests",
    "counter",
    ("service", "method", "route", "status"),
    "Requests answered.",
    "Many 5xx: look for request_failed in the logs under the same request id.",
)
DURATION = MetricSpec(
    "noinghe_http_request_duration_seconds",
    "histogram",
    ("service", "method", "route"),
    "Time from the first byte of a request to its answer, in seconds.",
    "p95 over 0.25: look at the database and at the size of bulk requests.",
)
STATE = MetricSpec(
    "noinghe_ready",
    "gauge",
    ("service", "check"),
    "1 ok, 0.5 degraded, 0 failed, as /ready says it.",
    "0: the service answers nothing; read /ready for the reason.",
)
OUTBOX_DEPTH = MetricSpec(
    "noinghe_outbox_events",
    "gauge",
    ("service",),
    "Events written but not yet acknowledged by the log.",
    "Growing: the relay is not running, or the log is away.",
)
OUTBOX_AGE = MetricSpec(
    "noinghe_outbox_age_seconds",
    "gauge",
    ("service",),
    "Age of the oldest event in the outbox, in seconds.",
    "Over 30: as for noinghe_outbox_events.",
)
DEAD_LETTERS = MetricSpec(
    "noinghe_dead_letters",
    "gauge",
    ("service",),
    "Events that could not be handled and wait for a person.",
    "Over 0: `noinghe dead-letters`, mend the cause, `noinghe dead-letters --replay ID`.",
)
WORKER_AGE = MetricSpec(
    "noinghe_worker_heartbeat_age_seconds",
    "gauge",
    ("service",),
    "Seconds since the process that relays and handles events last said that it lives.",
    "Over 60: the worker is stopped or hangs; start it again.",
)

METRICS: tuple[MetricSpec, ...] = (
    REQUESTS,
    DURATION,
    STATE,
    OUTBOX_DEPTH,
    OUTBOX_AGE,
    DEAD_LETTERS,
    WORKER_AGE,
)
"""Table of contents: what a dashboard may draw."""

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one process; several applications of a process may share one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(REQUESTS.name, REQUESTS.meaning, REQUESTS.labels, registry=self.registry)
        self.duration = Histogram(
            DURATION.name, DURATION.meaning, DURATION.labels, registry=self.registry, buckets=_BUCKETS
        )

    def exposition(self, health: Iterable[tuple[str, Health]]) -> bytes:
        """The text that Prometheus reads; `health` per service name is measured by the caller, now."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        measured = CollectorRegistry()
        measured.register(_Measured(list(health)))
        return generate_latest(registry) + generate_latest(measured)


class _Measured(Collector):
    """Gauges of what `/ready` measured."""

    def __init__(self, health: list[tuple[str, Health]]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """One family per gauge, one sample per service (and check)."""
        state = GaugeMetricFamily(STATE.name, STATE.meaning, labels=STATE.labels)
        for service, health in self._health:
            for check in health.checks:
                state.add_metric((service, check.name), check.state.weight)
        yield state
        for spec in (OUTBOX_DEPTH, OUTBOX_AGE, DEAD_LETTERS, WORKER_AGE):
            family = GaugeMetricFamily(spec.name, spec.meaning, labels=spec.labels)
            for service, health in self._health:
                for check in health.checks:
                    if spec.name in check.figures:
                        family.add_metric((service,), check.figures[spec.name])
            yield family
