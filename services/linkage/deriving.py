"""Whether the derived tables are true, and computing them again when they are not.

Features, frequencies, blocking keys and pairs follow from identities under the live model. After a replay, a
migration, a change of the model, or when there are four times as many records, they are computed again, all
of them, and then everybody is decided anew, in the transaction of whoever decides next; only differences are
published. How common a name, a birth date or a village is, the records themselves say: their count at that
time holds until the next one.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage import judging
from services.linkage.clusters.policy import LARGEST_PART
from services.linkage.driver import Statement, driver_of
from services.linkage.equipment import equipment_of, features_again
from services.linkage.judging import Judge
from services.linkage.keeping import Records
from services.linkage.matching import pair_all
from services.linkage.model.blocking import OVERSIZE, keys
from services.linkage.model.frequencies import count, from_counts, no_counts
from services.linkage.models import DERIVATION, MODEL_VERSION, TURN
from services.linkage.sealing import WrongKey

FOLLOWED = 60_000
"""Up to so many records everything is computed again as soon as their number asks for it: seconds."""

_RECORDS_AT_ONCE = 2_000


def _alike(text: str) -> Statement:
    """A statement without parameters, which both dialects read."""
    return Statement(text, text)


_LIVE = _alike(
    "SELECT (SELECT version FROM model_version WHERE state = 'live'), (SELECT max(id) FROM record),"
    " (SELECT size FROM derivation), (SELECT stamp FROM derivation)"
)
_TURN = _alike("UPDATE turn SET version = version + 1 RETURNING version, seal")


class Desk:
    """What whoever holds the turn works with: the session, the records, the judge.

    More than `crowd` records under a key are a crowd; at most `largest` are decided together.
    """

    def __init__(self, session: Session, *, crowd: int = OVERSIZE, largest: int = LARGEST_PART) -> None:
        self.session = session
        self.crowd = crowd
        self.largest = largest
        self.equipment = equipment_of(session)
        self.records = Records(driver_of(session), self.equipment)
        self._seen: tuple[Judge, bool] | None = None

    @property
    def judge(self) -> Judge:
        """Scores and decides as the number of records asks for, when `look_again` was last called."""
        return self._look()[0]

    @property
    def is_derived(self) -> bool:
        """Whether the derived tables are those of the live model."""
        return self._look()[1]

    def look_again(self) -> None:
        """After records were stored, or everything was computed again."""
        self._seen = None

    def _look(self) -> tuple[Judge, bool]:
        if self._seen is None:
            judge, stamp = _live(self.session)
            self._seen = judge, stamp == judge.stamp
        return self._seen


def take_turn(session: Session, *, crowd: int = OVERSIZE, largest: int = LARGEST_PART) -> Desk:
    """Wait until nobody else decides, and keep it so until the transaction ends.

    Raises `WrongKey` where the numbers here were sealed under another key.
    """
    desk = Desk(session, crowd=crowd, largest=largest)
    equipment = desk.equipment
    ((version, seal),) = driver_of(session).rows(_TURN)
    if seal is None:
        session.execute(sa.update(TURN).values(seal=equipment.seal.fingerprint))
    elif seal != equipment.seal.fingerprint:
        raise WrongKey
    if version != equipment.version + 1:
        equipment.memory.clear()
    equipment.version = version
    return desk


def live_judge(session: Session) -> Judge:
    """The judge under the live version of the model (the shipped one where none was adopted), at its size.

    The size class follows the number of records up to `FOLLOWED`; beyond, it is that of the last time that
    everything was computed, because nobody should wait minutes in the middle of a day.
    """
    return _live(session)[0]


def _live(session: Session) -> tuple[Judge, str | None]:
    """The judge, and the stamp of the one under which the derived tables were computed."""
    ((version, last, derived, stamp),) = driver_of(session).rows(_LIVE)
    size = judging.size_class(last or 0)
    if derived is not None and (last or 0) > FOLLOWED:
        size = max(derived, judging.size_class(FOLLOWED))
    judges = equipment_of(session).judges
    if (version, size, stamp) not in judges:
        counted = session.scalar(sa.select(DERIVATION.c.frequencies)) if size == derived else None
        judges[version, size, stamp] = _judge_of(session, version, size=size, frequencies=counted)
    return judges[version, size, stamp], stamp


def _judge_of(session: Session, version: str | None, *, size: int, frequencies: str | None) -> Judge:
    """The judge of a version (None: the shipped one); `frequencies` None: those that came with it."""
    policy = equipment_of(session).policy
    if version is None:
        return judging.shipped(size, frequencies, policy=policy)
    row = session.execute(sa.select(MODEL_VERSION).where(MODEL_VERSION.c.version == version)).one()
    return judging.from_texts(
        row.document, frequencies or row.frequencies, row.evidence, size=size, policy=policy
    )


def derive(desk: Desk, *, progress: Callable[[int], None] = lambda done: None) -> list[int]:
    """Compute features, frequencies, keys and pairs of all records again; the numbers of those in force.

    `progress` is told how many records were done, twice over: for their keys and for their pairs.
    """
    session, records = desk.session, desk.records
    ((version, last, _, _),) = driver_of(session).rows(_LIVE)
    size = judging.size_class(last or 0)
    judge = _judge_of(session, version, size=size, frequencies=None)
    counts = no_counts(judge.document)
    records.forget_derived()
    everyone: list[int] = []
    while rows := records.in_force_after(everyone[-1] if everyone else 0, _RECORDS_AT_ONCE):
        made = [(number, features_again(identity, sealed)) for number, identity, sealed in rows]
        records.refresh(made)
        records.add_keys((key, number) for number, features in made for key in keys(features))
        count(counts, (features for _, features in made))
        everyone += [number for number, _ in made]
        progress(len(made))
    counted = None
    if size > judging.SMALLEST:
        counted = json.dumps(from_counts(judge.document, counts).to_data(), ensure_ascii=False)
        judge = _judge_of(session, version, size=size, frequencies=counted)
    for start in range(0, len(everyone), _RECORDS_AT_ONCE):
        numbers = everyone[start : start + _RECORDS_AT_ONCE]
        kept = records.kept(numbers)
        crowded = pair_all(records, judge, kept.values(), crowd=desk.crowd)
        records.mark_crowded({number: True for number, is_crowded in crowded.items() if is_crowded})
        progress(len(numbers))
    session.execute(sa.update(DERIVATION).values(stamp=judge.stamp, size=size, frequencies=counted))
    desk.equipment.judges.clear()
    desk.look_again()
    return everyone
