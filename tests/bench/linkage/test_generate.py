"""`python -m bench.linkage generate`: files, a summary, and usage where words are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.linkage import __main__ as linkage


def test_generate_writes_files_and_says_what_is_in_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "generate",
        "--people",
        "300",
        "--seed",
        "3",
        "--intensity",
        "dirty",
        "--out",
        str(tmp_path / "new"),
    ]
    assert linkage.main(words) == 0
    shown = capsys.readouterr()
    names = (
        "leavers.csv",
        "learners.csv",
        "hired.csv",
        "truth.csv",
        "damage.csv",
        "institutions.csv",
        "manifest.json",
    )
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(names)
    manifest = json.loads((tmp_path / "new" / "manifest.json").read_text(encoding="utf-8"))
    assert "300 people, seed 3, dirty" in shown.out
    assert "leavers x learners" in shown.out
    assert f"{manifest['pairs']['leavers x learners']:,}" in shown.out
    assert "sound_alike" in shown.out


def test_habits_and_two_sources_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "generate",
        "--people",
        "200",
        "--seed",
        "3",
        "--habits",
        "8",
        "--sources",
        "2",
        "--out",
        str(tmp_path),
    ]
    assert linkage.main(words) == 0
    capsys.readouterr()
    assert not (tmp_path / "hired.csv").exists()
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["habits"] == 8


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["generate", "--seed", "1", "--out", "x"],
        ["generate", "--people", "500", "--seed", "-1", "--out", "x"],
        ["generate", "--people", "5", "--seed", "1", "--out", "x"],
        ["generate", "--people", "500", "--seed", "1", "--intensity", "filthy", "--out", "x"],
    ],
)
def test_wrong_words_are_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        linkage.main(words)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err
