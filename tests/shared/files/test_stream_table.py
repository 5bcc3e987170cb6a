from __future__ import annotations

from pathlib import Path

import pytest

from shared.files import gate, reading
from shared.files.gate import UnreadableFile
from shared.files.reading import read_table, stream_table
from shared.files.writing import write_table

EXPECTED = ("full name", "ho va ten", "dob")

TEXTS = {
    "plain": "full_name,dob\nLò Văn A,2011\nVàng Thị B,2012\n",
    "with a byte order mark and semicolons": "\ufefffull_name;dob\nLò Văn A;2011\n",
    "with sep=": "sep=;\r\nfull_name;dob\r\nLò Văn A;2011\r\n",
    "with title lines and a line of column numbers": (
        "DANH SÁCH,,\n,,\nfull_name,dob,x\n1,2,3\nLò,2011,y\nfull_name,dob,x\n"
    ),
    "with a line break in quotes": 'full_name,dob\n"Lò\nVăn A",2011\nB,2012\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_streamed_table_is_the_table_that_is_read_at_once(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    whole, streamed = (read(path, expected=EXPECTED) for read in (read_table, stream_table))
    assert streamed.headings == whole.headings
    rows = list(whole.rows)
    assert rows
    assert list(streamed.rows) == rows


def test_a_workbook_is_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, ("full_name", "dob"), [("Lò Văn A", 2011)])
    assert [list(row) for _, row in stream_table(path, expected=EXPECTED).rows] == [["Lò Văn A", 2011]]


def test_a_long_file_is_no_reason_to_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LIMITS", gate.Limits(rows=5, cells=20, file_bytes=50))
    path = tmp_path / "a.csv"
    path.write_text("full_name,dob\n" + "A,2011\n" * 100, encoding="utf-8")
    with pytest.raises(UnreadableFile):
        read_table(path, expected=EXPECTED)
    assert sum(1 for _ in stream_table(path, expected=EXPECTED).rows) == 100


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n \n", "empty_file"),
        (b"PK\x03\x04rest", "wrong_kind_of_file"),
        (b"<html><table>", "wrong_kind_of_file"),
        (b"full_name\nL\xf2\n", "not_utf8"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as refused:
        stream_table(path, expected=EXPECTED)
    assert refused.value.code == code


@pytest.mark.parametrize(("tail", "code"), [(b"L\xf2,2011\n", "not_utf8"), (b'"A,2011\n', "broken_file")])
def test_a_fault_in_the_last_row_is_told_when_it_is_reached(tail: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"full_name,dob\n" + b"A,2011\n" * 100_000 + tail)
    assert path.stat().st_size > reading._HEAD_BYTES
    table = stream_table(path, expected=EXPECTED)
    with pytest.raises(UnreadableFile) as refused:
        list(table.rows)
    assert refused.value.code == code


def test_a_letter_cut_at_the_end_of_what_is_looked_at_first_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for shift in range(3):
        path.write_bytes(b"full_name,dob\n" + b"x" * shift + ("Ộ" * 200 + ",1\n").encode() * 800)
        assert sum(1 for _ in stream_table(path, expected=EXPECTED).rows) == 800
