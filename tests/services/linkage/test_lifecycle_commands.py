"""`noinghe link merge, split, unlink, undo, history, review` on a data folder, as an office types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.__main__ import SERVICES, command_line
from shared.service.command_line import status_of
from tests.services.linkage.bulk.test_proposing import House
from tests.services.linkage.files.offices import CHUNG, SAY, Office, of

DONE, REFUSED, USAGE = 0, 1, 2
WHY = ("--reason", "thử")


@pytest.fixture
def house(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> House:
    """Two leavers; a placement of the first by its number, and one with that number and another name."""
    office = Office(tmp_path, capsys)
    found = House(office, tmp_path / "data")
    listed = {"school_code": "S1", "stage": "THCS", "school_year": "2025-2026", "recognised_round": "1"}
    leaver = {**listed, "recognised_on": "2026-05-28"}
    school = {"code": "S1", "name": "THCS Mẫu", "kind": "THCS", "commune_code": "03390", "valid_from": ""}
    work = {"employer_name": "Hộ Mẫu", "started_on": "2026-10-01"}
    number = {"person_id": SAY["person_id"]}
    somebody = {**number, "full_name": "Hạng Mí Lử", "sex": "M", "dob": "05/05/2010"}
    for kind, rows in (
        ("institutions", [school]),
        ("completions", [{**of(SAY, "HT1"), **leaver}, {**of(CHUNG, "HT2"), **leaver}]),
        ("placements", [{"placement_id": "VL1", **SAY, **work}, {"placement_id": "VL2", **somebody, **work}]),
    ):
        assert found.run("import", kind, str(office.file(f"{kind}.csv", rows)))[0] == DONE
    assert found.run("settle")[0] == DONE
    return found


def told(house: House, *words: str) -> tuple[int, str, str]:
    """A command without `--json`: exit status, standard output, standard error."""
    house.office.capsys.readouterr()
    status = status_of(command_line(), SERVICES, ["--data", str(house.data), *words])
    said = house.office.capsys.readouterr()
    return status, said.out, said.err


def records(house: House) -> dict[str, str]:
    """References by the publisher's key, read off the one review: the record, and those that it could be."""
    status, found = house.run("review", "list")
    assert status == DONE
    (open_review,) = found["items"]
    say = {one["record_kind"]: one["record_ref"] for one in open_review["candidates"]}
    return {"VL2": open_review["record_ref"], "HT1": say["completion"], "VL1": say["placement"]}


def test_a_merge_is_told_with_its_word_and_undone_in_one_action(house: House) -> None:
    before = house.persons()
    status, done = house.run("link", "merge", before["HT1"], before["HT2"], *WHY)
    merged = house.persons()
    assert (status, set(done)) == (DONE, {"word_id", "records"})
    assert merged["HT1"] == merged["HT2"] == merged["VL1"]
    assert set(done["records"].values()) == {merged["HT1"]}
    assert len(done["records"]) == 3
    gone = {before["HT1"], before["HT2"]} - {merged["HT1"]}
    again = house.run("link", "merge", merged["HT1"], *gone, *WHY)
    assert (again[0], again[1]["error"]["code"]) == (REFUSED, "unknown_person")

    status, undone = house.run("link", "undo", "--reason", "nhầm")
    assert (status, undone["word_id"], set(undone["records"])) == (
        DONE,
        done["word_id"],
        set(done["records"]),
    )
    after = house.persons()
    assert after["HT1"] == after["VL1"] != after["HT2"]
    for word in (done["word_id"], "last", "nobody"):
        status, answer = house.run("link", "undo", word)
        assert (status, answer["error"]["code"]) == (REFUSED, "nothing_to_undo")
    assert house.run("verify")[1]["ok"]


def test_a_split_and_an_unlink_part_and_their_history_says_who_and_why(house: House) -> None:
    before, ref = house.persons(), records(house)
    split = ("link", "split", before["HT1"], "--records")
    status, answer = house.run(*split, f"{ref['HT1']},{ref['VL1']}", *WHY)
    assert (status, answer["error"]["code"]) == (REFUSED, "not_of_person")
    status, answer = house.run(*split, ref["VL2"], *WHY)
    assert (status, answer["error"]["code"]) == (REFUSED, "not_of_person")
    assert house.persons() == before

    status, done = house.run(*split, ref["VL1"], *WHY)
    assert (status, set(done["records"])) == (DONE, {ref["HT1"], ref["VL1"]})
    assert house.persons() == {**before, "VL1": ""}
    assert house.run("link", "undo", done["word_id"])[0] == DONE
    assert house.persons() == before

    status, done = house.run("link", "unlink", ref["VL1"], *WHY)
    assert (status, done["records"]) == (DONE, {ref["VL1"]: None})
    assert house.run("link", "unlink", ref["VL1"], *WHY)[1] == done
    status, history = house.run("link", "history", ref["VL1"])
    assert (status, set(history)) == (DONE, {"subject", "said", "words"})
    (*_, first, last) = history["words"]
    assert [(word["verb"], word["decided_by"], word["taken_back"]) for word in (first, last)] == [
        ("split", "local", True),
        ("unlink", "local", False),
    ]
    assert (last["reason"], history["said"][-1]["unlinked_reason"]) == ("thử", "reviewer")
    assert "Say" not in repr(history)


def test_a_review_is_decided_by_code_and_taken_back(house: House) -> None:
    before, ref = house.persons(), records(house)
    decide = ("link", "review", "decide", ref["VL2"])
    status, review = house.run(*decide, "--same-as", ref["HT1"], "--reviewer", "an", *WHY)
    assert (status, review["decision"]["decided_by"], review["decision"]["reason"]) == (DONE, "an", "thử")
    persons = house.persons()
    assert persons["VL2"] == persons["HT1"] == before["HT1"]
    listed = house.run("link", "review", "list")[1]["items"]
    assert ref["VL2"] not in {item["record_ref"] for item in listed}
    assert house.run(*decide, "--take-back")[0] == DONE
    assert house.persons() == before
    for words, code in (
        (("--take-back",), "nothing_decided"),
        (("--same-as", "nobody"), "unknown_record"),
        (("--same-as", ref["VL2"]), "same_record"),
        ((), "invalid"),
        (("--another-person", "--take-back"), "invalid"),
    ):
        status, answer = house.run(*decide, *words)
        assert (status, answer["error"]["code"]) == (REFUSED, code)
    assert records(house) == ref


def test_without_a_reason_nothing_is_done_and_a_fault_is_one_vietnamese_sentence(house: House) -> None:
    before, ref = house.persons(), records(house)
    acts = (
        ("link", "merge", before["HT1"], before["HT2"]),
        ("link", "split", before["HT1"], "--records", ref["VL1"]),
        ("link", "unlink", ref["VL1"]),
    )
    for act in acts:
        assert told(house, *act)[:2] == (USAGE, "")
        assert told(house, *act, "--reason", "  ") == (REFUSED, "", "Lỗi: Cần ghi lý do (--reason).\n")
    assert told(house, "link", "merge", before["HT1"], before["HT1"], *WHY) == (
        REFUSED,
        "",
        "Lỗi: Hai mã này là cùng một người rồi.\n",
    )
    assert house.persons() == before
    assert house.run("link", "history", "nobody")[0] == REFUSED


def test_what_was_done_is_told_with_the_command_that_undoes_it(house: House) -> None:
    ref = records(house)["VL1"]
    status, out, _ = told(house, "link", "unlink", ref, *WHY)
    undo = out.partition("hoàn tác: noinghe ")[2].partition(")")[0].split()
    assert (status, out.splitlines()[1]) == (DONE, f"  {ref}: chưa nối với ai")
    assert told(house, *undo)[0] == DONE
    assert house.persons()["VL1"] == house.persons()["HT1"]
    _, out, _ = told(house, "link", "history", ref)
    assert "hoàn tác" in out
    assert "còn hiệu lực" in out
