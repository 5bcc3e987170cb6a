"""What the command line prints, and how it ends where the user or the machine is at fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services.__main__ import SERVICES, command_line
from shared.service.command_line import status_of
from shared.service.terminal import progress_bar, table

ROOT = Path(__file__).parents[3]


def test_brackets_and_colons_in_a_village_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    table("Bản [/b]", ("Thôn",), [("[red]Bản A[/red]",), ("Bản [/x] :smile:",)])
    shown = capsys.readouterr().out
    for text in ("Bản [/b]", "[red]Bản A[/red]", "Bản [/x] :smile:"):
        assert text in shown


def test_brackets_in_the_name_of_a_file_do_not_end_the_command() -> None:
    with progress_bar("Nhập danh sách [/lớp 9].csv") as moved:
        moved(1, 2)


def test_a_folder_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    status = status_of(command_line(), SERVICES, ["--data", str(tmp_path / "file" / "data"), "doctor"])
    assert status == 3
    assert "--data" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("board", "BL2026", "--school-year", "2026"),
        ("list", "BL-5", "--plan", "BL2026", "--member", "NOBODY"),
        ("list", "BL-5", "--plan", "KR2024", "--member", "numerator"),
    ],
)
def test_words_that_name_nothing_are_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    arguments = ["--data", str(tmp_path / "data"), *words, "--on", "2026-12-31"]
    assert status_of(command_line(), SERVICES, arguments) == 2
    assert not (tmp_path / "data").exists()


def test_an_unknown_scope_is_usage_and_the_known_ones_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for scope in ("school.fly", "library.read", "school", ""):
        words = ("key", "create", "--organisation", "S1", "--scope", "school.read", "--scope", scope)
        assert status_of(command_line(), SERVICES, ["--data", str(tmp_path / "data"), *words]) == 2
        said = capsys.readouterr().err
        assert f"“{scope}”" in said
        assert "school.write" in said
        assert "linkage.review" in said
    assert not (tmp_path / "data").exists()


def test_vietnamese_is_printed_where_the_machine_speaks_ascii(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services", "--data", str(tmp_path), "key", "list"],
        cwd=ROOT,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout.decode()) == (0, "Chưa cấp khóa nào.\n")
