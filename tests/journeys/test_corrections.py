"""What an office does after the first import: again, corrected, taken back. Every figure follows."""

from __future__ import annotations

from services.demo import FILES
from tests.journeys.office import Office, source_rows

DAY = "2026-12-31"
PUPIL = "000211000001"
COMPLETION_KEY = f"{PUPIL}/THCS/2025-2026"


def bl5(office: Office) -> tuple[int, int | None]:
    office.settle()
    return office.figure("BL-5", "BL2026", DAY)


def enrolment_of(person_id: str, programme_kind: str) -> dict[str, str]:
    return next(
        row
        for row in source_rows("enrolments")
        if (row["person_id"], row["programme_kind"]) == (person_id, programme_kind)
    )


def test_figures_follow_every_correction_and_come_back_when_it_is_undone(office: Office) -> None:
    office.load(FILES)
    assert bl5(office) == (42, 51)

    for kind, path in FILES:
        again = office.json("import", kind, str(path))
        assert (again["new"], again["changed"], again["rejected"]) == (0, 0, 0), kind
    assert bl5(office) == (42, 51)

    stays = enrolment_of(PUPIL, "THPT")
    left = {**stays, "left_on": "2026-12-01", "left_reason": "dropout"}
    assert office.imports("enrolments", [left])["changed"] == 1
    assert bl5(office) == (41, 51)
    assert office.imports("enrolments", [stays])["changed"] == 1
    assert bl5(office) == (42, 51)

    death = {"event_id": "X1", "person_id": PUPIL, "event": "deceased", "happened_on": "2026-11-02"}
    assert office.imports("life-events", [death])["new"] == 1
    assert bl5(office) == (41, 50)
    assert office.run("withdraw", "life-events", "X1", "--reason", "nhầm người").status == 0
    assert bl5(office) == (42, 51)

    assert office.run("withdraw", "completions", COMPLETION_KEY, "--reason", "trùng").status == 0
    assert bl5(office) == (41, 50)
    assert office.board("BL2026", DAY)["unlinked"]["enrolments"] == 1
    completion = next(row for row in source_rows("completions") if row["person_id"] == PUPIL)
    assert office.imports("completions", [completion])["new"] == 1
    assert bl5(office) == (42, 51)
    assert office.board("BL2026", DAY)["unlinked"]["enrolments"] == 0

    assert office.run("verify").status == 0


def test_a_pupil_who_stops_one_half_of_a_9_plus_falls_to_the_other_half(small_office: Office) -> None:
    office = small_office
    office.load(FILES)
    pupil = next(row["person_id"] for row in source_rows("enrolments") if row["dual_group"] == "D1")
    for kind, falls_to in (("GDTX", "TC"), ("TC", "GDTX")):
        half = enrolment_of(pupil, kind)
        office.imports("enrolments", [{**half, "left_on": "2026-11-15", "left_reason": "dropout"}])
        office.settle()
        behind = office.json("list", "BL-5", "--plan", "BL2026", "--on", DAY, "--member", falls_to)
        assert len(behind) == {"TC": 2, "GDTX": 5}[falls_to]
        assert office.figure("BL-5", "BL2026", DAY) == (42, 51)
        before = office.json("list", "BL-5", "--plan", "BL2026", "--on", "2026-11-14", "--member", "GDTX_TC")
        assert len(before) == 6
        office.imports("enrolments", [half])
        office.settle()


def test_an_enrolment_that_moves_from_school_to_vocational_counts_once(small_office: Office) -> None:
    office = small_office
    office.load(FILES)
    enrolment = enrolment_of("000211000028", "GDTX")
    as_trade = {**enrolment, "programme_kind": "TC", "institution_code": "LC-CD-1", "trade_code": "5620120"}
    assert office.imports("enrolments", [as_trade])["changed"] == 1
    office.settle()
    for member, count in (("GDTX", 3), ("TC", 2), ("GDTX_TC", 6)):
        behind = office.json("list", "BL-5", "--plan", "BL2026", "--on", DAY, "--member", member)
        assert len(behind) == count, member
