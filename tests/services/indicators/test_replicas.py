"""Two workers at once: halves of the same persons, and the register under their feet (PostgreSQL)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.indicators.handlers import on_facts
from shared.clock import SystemClock
from shared.contracts import Envelope
from shared.errors import Unavailable
from shared.messaging.handling import Handling
from tests.services.indicators.story import Plane, Story
from tests.services.indicators.test_golden_domain import golden_story


def hear_until_done(plane: Plane, envelopes: Sequence[Envelope]) -> None:
    """Hear in small batches; a transient failure is tried again, as a worker does."""
    for start in range(0, len(envelopes), 7):
        for _ in range(20):
            try:
                plane.hear(envelopes[start : start + 7])
                break
            except Unavailable:
                continue
        else:
            raise AssertionError("never got through")


def test_workers_on_different_topics_end_where_one_worker_ends(postgres_url: str, tmp_path: Path) -> None:
    story = golden_story().envelopes
    alone = Plane.open(f"sqlite:///{tmp_path}")
    alone.hear(story)

    together = Plane.open(postgres_url)
    topics = sorted({envelope.data.TOPIC.name for envelope in story})
    workers = [
        threading.Thread(
            target=hear_until_done,
            args=(together, [envelope for envelope in story if envelope.data.TOPIC.name == topic]),
        )
        for topic in topics
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert together.contents() == alone.contents()
    alone.database.dispose()
    together.database.dispose()


def told_in_two_halves(first: str) -> tuple[Story, list[Envelope], list[Envelope]]:
    """A story of links and a register, and two facts about one person or school, one for each worker."""
    known, facts = Story(), Story()
    for ref in ("c1", "e1"):
        known.link(ref, "p1")
    facts.completion("c1", None)
    if first == "enrolment":
        known.school("S1")
        facts.enrolment("e1", None, "THPT", on="2026-08-10")
    else:
        known.enrolment("e1", None, "THPT", on="2026-08-10")
        facts.school("S1")
    return known, facts.envelopes[1:], facts.envelopes[:1]


@pytest.mark.parametrize("first", ["enrolment", "register"])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_second_of_two_workers_waits_and_sees_what_the_first_did(
    postgres_url: str, first: str, swapped: bool
) -> None:
    plane = Plane.open(postgres_url)
    known, ones, others = told_in_two_halves(first)
    if swapped:
        ones, others = others, ones
    plane.hear(known.envelopes)
    second = threading.Thread(target=plane.hear, args=(others,))
    with plane.database.write() as session:
        on_facts(Handling(session, SystemClock(), rebuilding=False), ones)
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join()
    found = plane.indicator("BL2026", "BL-5", "2026-12-31")
    assert (found["numerator"], found["denominator"]) == (1, 1)
    plane.database.dispose()
