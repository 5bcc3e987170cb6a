"""All metrics of messaging, with what they mean and what to do. Labels have few values: services, states."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

RELAY_PUBLISHED = Counter(
    "noinghe_relay_published",
    "Events that the log acknowledged. Stands still while the outbox grows: look at the log.",
    ["service"],
)
RELAY_FAILURES = Counter(
    "noinghe_relay_failures",
    "Batches that the log did not acknowledge; each is read and sent again.",
    ["service"],
)
RELAY_ACTIVE = Gauge(
    "noinghe_relay_active",
    "1 where this process moves the outbox, 0 where it stands by. The sum over a service should be 1.",
    ["service"],
)
OUTBOX_DEPTH = Gauge(
    "noinghe_outbox_depth",
    "Events read from the outbox and not yet acknowledged; at the batch size, more are waiting behind.",
    ["service"],
)
WORKER_HANDLED = Counter(
    "noinghe_worker_handled",
    "Events dealt with, by outcome: applied, ignored (no handler), repeated, poison, parked.",
    ["consumer", "outcome"],
)
WORKER_RETRIES = Counter(
    "noinghe_worker_retries",
    "Batches tried again, by reason: transient (something does not answer), position (another member wrote).",
    ["consumer", "reason"],
)
WORKER_LAG = Gauge(
    "noinghe_worker_lag",
    "Events of the log that this consumer has not reached, counted with every batch and when idle.",
    ["consumer"],
)
WORKER_STOPPED = Gauge(
    "noinghe_worker_stopped",
    "1 when a worker stopped because too many events became dead letters: likely a bad release; mend it, "
    "start again, replay the dead letters.",
    ["consumer"],
)
DEAD_LETTERS = Counter(
    "noinghe_dead_letters",
    "Events put aside, by state: poison (failed), parked (waiting behind one). See noinghe dead-letters.",
    ["consumer", "state"],
)
