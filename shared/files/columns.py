"""Columns of a file, and the identity columns that every kind with a person shares."""

from __future__ import annotations

from dataclasses import dataclass

from shared.files import cells, persons
from shared.files.places import ethnic_code


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files and interfaces, how its cells are read, other headings it goes by.

    `needed`: the column must be there and filled in every row. The first heading is the one printed in
    templates. Headings are compared without marks, case and punctuation.
    """

    name: str
    read: cells.Reader = cells.text
    headings: tuple[str, ...] = ()
    needed: bool = False


IDENTITY_COLUMNS = (
    Column(
        "person_id",
        persons.personal_number,
        (
            "Số định danh cá nhân",
            "Số định danh",
            "Mã định danh cá nhân",
            "Mã định danh",
            "Số ĐDCN",
            "CCCD",
            "Số CCCD",
            "Căn cước công dân",
            "Số căn cước",
            "CMND/CCCD",
        ),
    ),
    Column(
        "full_name",
        cells.person_name,
        (
            "Họ và tên",
            "Họ tên",
            "Họ và tên học sinh",
            "Họ tên học sinh",
            "Họ, tên",
            "Tên học sinh",
            "Họ và tên học viên",
            "Họ và tên người lao động",
        ),
    ),
    Column("sex", persons.sex, ("Giới tính", "Giới", "Nam/Nữ", "Phái")),
    Column(
        "dob",
        persons.birth_date,
        ("Ngày sinh", "Ngày tháng năm sinh", "Ngày, tháng, năm sinh", "Sinh ngày", "Năm sinh"),
    ),
    Column("ethnic_code", ethnic_code, ("Mã dân tộc", "Dân tộc")),
    Column(
        "residence_code",
        cells.digits_code(5),
        (
            "Mã xã cư trú",
            "Mã xã thường trú",
            "Mã xã nơi ở",
            "Mã xã",
            "Mã ĐVHC cư trú",
            "Mã phường xã",
            "Nơi cư trú (mã xã)",
        ),
    ),
    Column(
        "village",
        cells.text,
        ("Thôn, bản", "Thôn bản", "Thôn", "Bản", "Làng", "Buôn", "Tổ dân phố", "Thôn/bản/tổ dân phố"),
    ),
    Column(
        "student_id",
        cells.code,
        ("Mã học sinh", "Mã định danh học sinh", "Mã HS", "Mã số học sinh", "Mã học viên", "Mã sinh viên"),
    ),
    Column("mother_name", cells.person_name, ("Họ tên mẹ", "Họ và tên mẹ", "Tên mẹ", "Mẹ")),
    Column(
        "father_name",
        cells.person_name,
        ("Họ tên cha", "Họ và tên cha", "Họ tên bố", "Tên cha", "Tên bố", "Cha", "Bố"),
    ),
    Column("phone", persons.phone, ("Điện thoại", "Số điện thoại", "SĐT", "ĐT", "Di động")),
    Column("record_id", cells.code, ("Mã hồ sơ", "Mã bản ghi", "Số hồ sơ", "Mã dòng")),
)
