"""The short report after a run: how many records, persons, links and reviews, and what to think of them.

The expected precision of a group is the mean probability of the links in it, probabilities being calibrated;
it is an expectation, not a count of mistakes: only reviewing a sample gives that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.linkage.evidence.axes import KINH
from services.linkage.files.linking import Linked
from services.linkage.files.reading import Source
from services.linkage.model.batch import NULL
from shared.contracts.codes import RecordKind

SOURCE, PEOPLE = "source", "people"
KINH_VI, MINORITY_VI, UNKNOWN_VI = "Kinh", "DTTS", "Chưa rõ dân tộc"


@dataclass(frozen=True, slots=True)
class Group:
    """A file or a people: `records` in it, `linked` to another record, `unlinked` (share of the records),
    `reviews` at its records, `expected_precision` of its links (None without a link)."""

    kind: str
    name: str
    records: int
    linked: int
    unlinked: float | None
    reviews: int
    expected_precision: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """`persons`: of one record or more; `linked_persons`: of two or more. `pairs`: scored. `notes`: what
    whoever gave the files should know. `splink_difference`: see `Linked`."""

    rows: int
    records: int
    lost: int
    persons: int
    linked_persons: int
    linked: int
    reviews: int
    pairs: int
    threshold: float
    expected_precision: float | None
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    splink_difference: float | None

    def to_json(self) -> dict[str, Any]:
        """The report as JSON data."""
        return asdict(self)


def report_of(linked: Linked) -> Report:
    """Count a run."""
    records, persons = linked.records, linked.persons
    tied = persons.tie >= 0
    sure = np.where(tied, persons.probability[persons.tie] if len(linked.pairs) else 0.0, np.nan)
    in_review = np.zeros(len(records), dtype=bool)
    in_review[list(persons.reviews)] = True
    groups = [
        _group(SOURCE, source.name, records.source == number, tied=tied, in_review=in_review, sure=sure)
        for number, source in enumerate(linked.sources)
    ]
    for name, among in _peoples(linked):
        if among.any():
            groups.append(_group(PEOPLE, name, among, tied=tied, in_review=in_review, sure=sure))
    lost = sum(source.empty for source in linked.sources)
    sizes = np.bincount(persons.root, minlength=len(records))
    return Report(
        rows=len(records) + lost,
        records=len(records),
        lost=lost,
        persons=int(np.count_nonzero(sizes)),
        linked_persons=int(np.count_nonzero(sizes > 1)),
        linked=int(np.count_nonzero(tied)),
        reviews=len(persons.reviews),
        pairs=linked.scored,
        threshold=round(linked.model.policy.link, 6),
        expected_precision=_mean(sure),
        groups=tuple(groups),
        notes=(*(note for source in linked.sources for note in notes_of(source)), *_raised(linked)),
        splink_difference=linked.splink_difference,
    )


def _raised(linked: Linked) -> list[str]:
    if linked.raised_from is None or linked.model.precision is None:
        return []
    before, wanted = f"{linked.raised_from:.4f}", f"{linked.model.precision * 100:g}%"
    return [
        f"Ngưỡng nối được nâng từ {before.replace('.', ',')} vì dữ liệu này có nhiều cặp khó phân biệt: "
        f"để liên kết đúng ít nhất {wanted.replace('.', ',')}; dùng --threshold để tự chọn."
    ]


def notes_of(source: Source) -> list[str]:
    """What whoever gave the file should know, in Vietnamese; names columns, rows and keys, no person."""
    name = source.path.name
    kind = _KINDS_VI.get(source.kind) if source.kind else "danh sách người"
    column = f"cột {source.key_column}" if source.key_column else "số thứ tự hàng"
    found = [f"{name}: đọc như {kind}; mã hồ sơ lấy từ {column}."]
    if source.key_column and source.unnamed:
        found.append(f"{name}: {source.unnamed} hàng không có mã hồ sơ, đã dùng số thứ tự hàng.")
    if source.repeated:
        shown = _listed(source.repeated_keys, source.repeated)
        found.append(
            f"{name}: {source.repeated} hàng trùng mã hồ sơ ({shown}); giữ riêng từng hàng, "
            "hàng sau có thêm #2, #3… sau mã."
        )
    if source.empty:
        shown = _listed([str(row) for row in source.empty_rows], source.empty)
        found.append(f"{name}: bỏ {source.empty} hàng không có thông tin nào về người (hàng {shown}).")
    if source.unknown:
        found.append(f"{name}: không đọc các cột {_listed(list(source.unknown[:8]), len(source.unknown))}.")
    return found


_KINDS_VI = {
    RecordKind.COMPLETION: "danh sách hoàn thành, tốt nghiệp",
    RecordKind.ENROLMENT: "danh sách nhập học",
    RecordKind.LIFE_EVENT: "danh sách biến động",
    RecordKind.PLACEMENT: "danh sách nhận việc",
}


def _listed(shown: Sequence[str], count: int) -> str:
    return ", ".join(text[:40] for text in shown) + ("…" if count > len(shown) else "")


def _peoples(linked: Linked) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    records = linked.records
    ethnic = records.codes["ethnic"]
    texts = records.texts.get(records.group["ethnic"], [])
    known = ethnic != NULL
    kinh = known & (ethnic == (texts.index(KINH) if KINH in texts else NULL))
    return [(KINH_VI, kinh), (MINORITY_VI, known & ~kinh), (UNKNOWN_VI, ~known)]


def _group(
    kind: str,
    name: str,
    among: npt.NDArray[np.bool_],
    *,
    tied: npt.NDArray[np.bool_],
    in_review: npt.NDArray[np.bool_],
    sure: npt.NDArray[np.float64],
) -> Group:
    records, linked = int(np.count_nonzero(among)), int(np.count_nonzero(among & tied))
    return Group(
        kind,
        name,
        records,
        linked,
        (records - linked) / records if records else None,
        int(np.count_nonzero(among & in_review)),
        _mean(sure[among]),
    )


def _mean(values: npt.NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
