"""Events that `linkage` publishes: which record belongs to which person, under pseudonyms only.

Links and reviews are for whoever counts persons. What reviewers said (words) is for linkage alone: a reason
is free text, and who wrote it may have written a name.
"""

from __future__ import annotations

from enum import StrEnum

from shared.contracts.base import Event, Topic, described, event

LINKS = Topic(
    name="noinghe.linkage.links",
    owner="linkage",
    description="Links of records to pseudonymous persons, and reviews; no names, no weights.",
    readers=frozenset({"indicators", "linkage"}),
)

WORDS = Topic(
    name="noinghe.linkage.words",
    owner="linkage",
    description="What persons said of records: one, not one, apart; with reasons. Linkage rebuilds from it.",
    readers=frozenset({"linkage"}),
)


_CAUSE = "Why it is said now: evidence, or the act of a person: review, merge, split, unlink, undo."


class DecidedBy(StrEnum):
    """Who decided a link."""

    NUMBER = "number"
    IDENTITY = "identity"
    REVIEWER = "reviewer"


class WordVerb(StrEnum):
    """What somebody did when giving a word."""

    REVIEW = "review"
    MERGE = "merge"
    SPLIT = "split"
    UNLINK = "unlink"


class Says(StrEnum):
    """What a word says of its records."""

    SAME = "same"
    APART = "apart"
    ALONE = "alone"


@event(fact="record_linked", topic=LINKS, key=("record_ref",))
class RecordLinked(Event):
    """A record belongs to a person, from now on and until a later event of the same record."""

    record_ref: str = described("Reference of the source row.")
    person_id: str = described("Pseudonym of the person.")
    decided_by: DecidedBy = described("Rule or reviewer.")
    cause: str | None = described(_CAUSE, default=None)
    word_id: str | None = described("The word whose giving or taking back led to it.", default=None)


@event(fact="record_unlinked", topic=LINKS, key=("record_ref",))
class RecordUnlinked(Event):
    """A record belongs to nobody known, until a later event of the same record."""

    record_ref: str = described("Reference of the source row.")
    reason: str = described("Stable word: withdrawn, review, no_candidate, reviewer.")
    cause: str | None = described(_CAUSE, default=None)
    word_id: str | None = described("The word whose giving or taking back led to it.", default=None)


@event(fact="review_opened", topic=LINKS, key=("record_ref",))
class ReviewOpened(Event):
    """A person must look whether a record belongs to one of several persons."""

    record_ref: str = described("Reference of the source row.")
    reason: str = described("Stable word: why a person must look, such as several or number_contradicts.")


@event(fact="review_decided", topic=LINKS, key=("record_ref",))
class ReviewDecided(Event):
    """A reviewer decided: the record belongs to the person of another record, or is somebody else."""

    record_ref: str = described("Reference of the source row.")
    same_as: str | None = described("A record of the chosen person; none: another person.", default=None)
    decided_by: str = described("Pseudonymous key id of the reviewer.")
    taken_back: bool = described("The decision is taken back; the rules decide again.", default=False)
    word_id: str | None = described("The word that carries the decision.", default=None)


@event(fact="word_given", topic=WORDS, key=("word_id",))
class WordGiven(Event):
    """Somebody said whose records these are; it holds, whatever arrives, until it is taken back.

    Each event carries the whole word. same: all of `records` are one person. apart: `records` are one person,
    and none of `others` is. alone: the record of `records` is nobody who is known.
    """

    word_id: str = described("Random id of the word.")
    verb: WordVerb = described("What the person did.")
    says: Says = described("What is said of the records.")
    records: str = described("References of source rows, sorted, parted by a space.")
    others: str | None = described("References of the other side of apart, in the same form.", default=None)
    about: str | None = described("The record that was under review.", default=None)
    reason: str | None = described("Why, as the person wrote it.", default=None)
    decided_by: str = described("Pseudonymous key id of whoever said it.")
    given_us: int = described("When it was said first.", unit="microseconds since 1970")
    taken_back: bool = described("It does not hold any more.", default=False)
    taken_back_by: str | None = described("Key id of whoever took it back.", default=None)
    taken_back_reason: str | None = described("Why it was taken back, as the person wrote it.", default=None)
