"""Vietnamese for the stable words of linkage, as the command line and pages print them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS_VI: Final[Mapping[str, str]] = {
    "number_contradicts": "số định danh mâu thuẫn với họ tên, ngày sinh hoặc số kia",
    "several": "nhiều người trùng",
    "one_list": "hai dòng của một danh sách",
    "age_contradicts": "tuổi không hợp với sự việc",
    "name_differs": "họ tên khác",
    "birth_differs": "ngày sinh khác",
    "sex_differs": "giới tính khác",
    "place_differs": "trùng họ tên, ngày sinh; khác nơi ở",
    "parents_differ": "cha mẹ khác",
    "part_missing": "thiếu một phần để chắc chắn",
    "weak": "giống nhau nhưng chưa đủ chắc",
    "words_contradict": "các quyết định trước mâu thuẫn nhau",
}
"""Why a person must look."""

CAUSES_VI: Final[Mapping[str, str]] = {
    "evidence": "máy",
    "review": "xem xét",
    "merge": "gộp",
    "split": "tách",
    "unlink": "gỡ",
    "undo": "hoàn tác",
}
"""Why a link was said."""

UNLINKED_VI: Final[Mapping[str, str]] = {
    "withdrawn": "đã rút",
    "review": "chờ xem xét",
    "no_candidate": "chưa giống ai",
    "reviewer": "người xem xét tách riêng",
}
"""Why a record belongs to nobody."""

DIMENSIONS_VI: Final[Mapping[str, str]] = {
    "all": "Tất cả",
    "source": "Nguồn",
    "people": "Dân tộc",
    "year": "Năm",
}
"""What the quality report is told by."""
