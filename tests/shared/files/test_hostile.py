"""Files made to hurt: each is refused in one sentence, and the process and its memory are left alone."""

from __future__ import annotations

import resource
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from shared.files import gate, reading
from shared.files.layouts import INSTITUTIONS
from shared.files.reading import read_file
from tests.shared.files.rows import TODAY

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT_TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
PARTS = {
    "[Content_Types].xml": CONTENT_TYPES,
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def sheet(*cells: tuple[str, str], before: str = "", dimension: str = "") -> str:
    """The XML of a sheet with text cells at these addresses, a row for each."""
    rows = "".join(
        f'<row r="{address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}">'
        f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for address, text in cells
    )
    extent = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{before}<worksheet xmlns="{NAMESPACE}">{extent}<sheetData>{rows}</sheetData></worksheet>'


def workbook(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A workbook of these parts beside (or instead of) the usual ones."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**PARTS, **parts}.items():
            archive.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"
GOOD = sheet(("A1", "code"), ("A2", "BL-THCS-1"))


def far_cell(path: Path) -> Path:
    return workbook(path, {SHEET: sheet(("A1", "code"), ("XFD1048576", "x"))})


def far_row_without_cells(path: Path) -> Path:
    xml = f'<worksheet xmlns="{NAMESPACE}"><sheetData><row r="1048576"/></sheetData></worksheet>'
    return workbook(path, {SHEET: xml})


def bomb(path: Path) -> Path:
    return workbook(path, {SHEET: GOOD, "xl/media/image1.png": b"\0" * (gate.LIMITS.inflated_bytes + 1)})


def many_parts(path: Path) -> Path:
    return workbook(path, {SHEET: GOOD, **{f"xl/media/{number}.bin": b"" for number in range(3000)}})


def hundred_thousand_parts(path: Path) -> Path:
    return workbook(path, {SHEET: GOOD, **{f"x/{number}": b"" for number in range(70_000)}})


def dtd(path: Path) -> Path:
    return workbook(path, {SHEET: sheet(("A1", "code"), before='<!DOCTYPE a [<!ENTITY b "c">]>')})


def late_entity(path: Path) -> Path:
    return workbook(
        path,
        {SHEET: GOOD, "xl/sharedStrings.xml": " " * 262_140 + '<!DOCTYPE a SYSTEM "file:///etc/passwd">'},
    )


def macros(path: Path) -> Path:
    return workbook(path, {SHEET: GOOD, "xl/vbaProject.bin": b"\0"})


def macro_type(path: Path) -> Path:
    return workbook(
        path,
        {SHEET: GOOD, "[Content_Types].xml": CONTENT_TYPES.replace("sheet.main", "sheet.macroEnabled.main")},
    )


def traversal(path: Path) -> Path:
    return workbook(path, {SHEET: GOOD, "../../evil.xml": "x"})


def locked(path: Path) -> Path:
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    return path


def old_workbook(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    return path


def word_document(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return path


def truncated(path: Path) -> Path:
    whole = workbook(path, {SHEET: GOOD}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def damaged(path: Path) -> Path:
    whole = bytearray(
        workbook(path, {SHEET: sheet(*((f"A{n}", f"code {n}") for n in range(1, 500)))}).read_bytes()
    )
    place = whole.find(SHEET.encode()) + len(SHEET) + 40
    whole[place : place + 60] = b"\xff" * 60
    path.write_bytes(whole)
    return path


def no_xml(path: Path) -> Path:
    return workbook(path, {SHEET: "this is no XML < at all", "xl/workbook.xml": "neither"})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (far_cell, "far_cells"),
        (far_row_without_cells, "far_cells"),
        (bomb, "inflates_too_much"),
        (many_parts, "too_many_parts"),
        (hundred_thousand_parts, "too_many_parts"),
        (dtd, "forbidden_markup"),
        (late_entity, "forbidden_markup"),
        (macros, "macros"),
        (macro_type, "macros"),
        (traversal, "unsafe_path"),
        (locked, "password"),
        (old_workbook, "wrong_kind_of_file"),
        (word_document, "wrong_kind_of_file"),
        (truncated, "broken_file"),
        (damaged, "broken_file"),
        (no_xml, "broken_file"),
    ],
)
def test_a_hostile_workbook_is_refused_in_one_sentence(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    path = make(tmp_path / "a.xlsx")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read_file(INSTITUTIONS, path, today=TODAY)
    assert [(fault.row, fault.code) for fault in found.faults] == [(None, code)]
    assert found.rows == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024, "kilobytes"


def test_a_claimed_dimension_alone_does_no_harm(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {SHEET: sheet(("A1", "code"), ("A2", "x"), dimension="A1:XFD1048576")}
    )
    found = reading.read_table(path, expected=INSTITUTIONS.by_heading)
    assert found.headings[0] == "code"
    assert [line[0] for _, line in found.rows] == ["x"]


def test_a_parser_that_runs_out_of_memory_takes_nobody_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", {SHEET: sheet(("A1", "code"), ("ALL200000", "x"))})
    monkeypatch.setattr(gate.check_workbook, "__defaults__", (gate.Limits(cells=10**9),))
    monkeypatch.setattr(reading, "CHILD_MEMORY_BYTES", 300 * gate.MEGABYTE)
    found = read_file(INSTITUTIONS, path, today=TODAY)
    assert [fault.code for fault in found.faults] == ["file_too_heavy"]


def test_a_parser_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", {SHEET: GOOD})
    monkeypatch.setattr(reading, "CHILD_SECONDS", 0)
    assert [fault.code for fault in read_file(INSTITUTIONS, path, today=TODAY).faults] == ["file_too_heavy"]


def test_hostile_texts_are_stored_as_texts(tmp_path: Path) -> None:
    texts = [
        "=1+1",
        "+84",
        "@x",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "x" * 300,
        "a\u202eb",
        "O\u0301c",
        "'; DROP",
    ]
    path = tmp_path / "a.csv"
    lines = ["code,name,kind,commune_code,valid_from"]
    lines += [f'C{n},"{text}",THCS,,2025-07-01' for n, text in enumerate(texts)]
    path.write_text("\n".join(lines), "utf-8")
    found = read_file(INSTITUTIONS, path, today=date(2026, 11, 22))
    assert found.faults == []
    assert [row.values["name"] for row in found.rows] == [
        *("=1+1", "+84", "@x", "<script>alert(1)</script>", "{{7*7}}", "x" * 300, "ab", "Óc", "'; DROP"),
    ]
