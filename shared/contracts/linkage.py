"""Events that `linkage` publishes: which record belongs to which person, under pseudonyms only."""

from __future__ import annotations

from enum import StrEnum

from shared.contracts.base import Event, Topic, described, event

LINKS = Topic(
    name="noinghe.linkage.links",
    owner="linkage",
    description="Links of records to pseudonymous persons, and reviews; no names, no weights.",
    readers=frozenset({"indicators", "linkage"}),
)


class DecidedBy(StrEnum):
    """Who decided a link."""

    NUMBER = "number"
    IDENTITY = "identity"
    REVIEWER = "reviewer"


@event(fact="record_linked", topic=LINKS, key=("record_ref",))
class RecordLinked(Event):
    """A record belongs to a person, from now on and until a later event of the same record."""

    record_ref: str = described("Reference of the source row.")
    person_id: str = described("Pseudonym of the person.")
    decided_by: DecidedBy = described("Rule or reviewer.")


@event(fact="record_unlinked", topic=LINKS, key=("record_ref",))
class RecordUnlinked(Event):
    """A record belongs to nobody known, until a later event of the same record."""

    record_ref: str = described("Reference of the source row.")
    reason: str = described("Stable word: withdrawn, review, no_candidate, reviewer.")


@event(fact="review_opened", topic=LINKS, key=("record_ref",))
class ReviewOpened(Event):
    """A person must look whether a record belongs to one of several persons."""

    record_ref: str = described("Reference of the source row.")
    reason: str = described("Stable word: several, part_missing, number_contradicts, place_differs.")


@event(fact="review_decided", topic=LINKS, key=("record_ref",))
class ReviewDecided(Event):
    """A reviewer decided: the record belongs to the person of another record, or is somebody else."""

    record_ref: str = described("Reference of the source row.")
    same_as: str | None = described("A record of the chosen person; none: another person.", default=None)
    decided_by: str = described("Pseudonymous key id of the reviewer.")
    taken_back: bool = described("The decision is taken back; the rules decide again.", default=False)
