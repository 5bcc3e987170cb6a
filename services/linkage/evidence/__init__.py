"""Evidence: stage 2 of a pair, above the weight of stage 1; everything it knows stands in `table.json`.

`Evidence.table` weighs a pair's comparisons together (first round), `Evidence.rivals` sets it beside its
rivals (second round), `Evidence.signs` says what its levels mean to rules.
"""

from __future__ import annotations

from services.linkage.evidence.axes import (
    Circumstances,
    People,
    Relation,
    people_of,
    relation_of,
    size_bits_of,
)
from services.linkage.evidence.evidence import Evidence, from_data, shipped
from services.linkage.evidence.signs import Sign
from services.linkage.evidence.table import BadTable, Share, Table

__all__ = [
    "BadTable",
    "Circumstances",
    "Evidence",
    "People",
    "Relation",
    "Share",
    "Sign",
    "Table",
    "from_data",
    "people_of",
    "relation_of",
    "shipped",
    "size_bits_of",
]
