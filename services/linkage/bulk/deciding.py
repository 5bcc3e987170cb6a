"""Everything that the store knows, linked at once, beside the links that hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.linkage.bulk.differences import Change, differences
from services.linkage.bulk.store import read_known
from services.linkage.deriving import live_judge
from services.linkage.files.adapting import scorer_of
from services.linkage.files.deciding import decide_persons
from services.linkage.files.gathering import Wanted
from services.linkage.files.linking import Model, weigh_by_splink
from services.linkage.model import frequencies
from services.linkage.model.batch import BatchScorer


@dataclass(frozen=True, slots=True)
class Found:
    """What bulk linkage would change. `model`: hash of the document; `splink_difference` in bits."""

    changes: list[Change]
    records: int
    model: str
    splink_difference: float


def everything(session: Session) -> Found:
    """Link all records of the store by Splink's predict under the live model, and compare with their links.

    Frequencies are those of the records as they are now.
    """
    live = live_judge(session)
    model = Model(live.document, live.evidence, live.policy)
    blank = BatchScorer(model.document, frequencies.shipped(model.document))
    known = read_known(session, Wanted(blank.columns, blank.group))
    if not len(known.records):
        return Found([], 0, model.document.hash, 0.0)
    scorer = scorer_of(model.document, known.records)
    pairs, difference = weigh_by_splink(known.records, scorer, lambda doing, done, total: None)
    persons = decide_persons(
        known.records,
        known.kinds,
        pairs,
        document=model.document,
        evidence=model.evidence,
        policy=model.policy,
        said=known.said,
    )
    names = known.records.names
    proposed = {ref: names[root] for ref, root in zip(names, persons.root.tolist(), strict=True)}
    return Found(differences(known.persons, proposed), len(names), model.document.hash, difference)
