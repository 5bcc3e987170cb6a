"""Peoples, trades, destinations, occupations."""

from __future__ import annotations

import pytest

from shared.contracts.codes import ProgrammeKind
from shared.reference import destinations, ethnic, occupations, trades


def test_all_peoples_but_kinh_are_minorities() -> None:
    assert [code for code in ethnic.codes() if not ethnic.is_minority(code)] == [ethnic.KINH]
    assert len(ethnic.codes()) == 54
    assert sum(map(ethnic.is_very_small, ethnic.codes())) == 16


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Thái", "03"),
        ("Mông", "08"),
        ("H'Mông", "08"),
        ("H’MÔNG", "08"),
        ("Xơ-đăng", "14"),
        ("ba na", "13"),
        ("Gié-Triêng", "27"),
        ("Thổ", "24"),
        ("Xá Khao", None),
        ("Sao Hỏa", None),
    ],
)
def test_a_people_is_found_by_its_names_unless_several_share_one(name: str, code: str | None) -> None:
    assert ethnic.code_of_name(name) == code


@pytest.mark.parametrize(
    ("code", "kind", "good"),
    [
        ("5620120", ProgrammeKind.TC, True),
        ("5520227", ProgrammeKind.THN, True),
        ("6720301", ProgrammeKind.CD, True),
        ("7140201", ProgrammeKind.DH, True),
        ("SC:sua_chua_xe_may", ProgrammeKind.SC, True),
        ("SC:sua_chua_xe_may", ProgrammeKind.DTTX, True),
        ("6720301", ProgrammeKind.TC, False),
        ("5620120", ProgrammeKind.CD, False),
        ("562012", ProgrammeKind.TC, False),
        ("56201200", ProgrammeKind.TC, False),
        ("5620120\n", ProgrammeKind.TC, False),
        ("５620120", ProgrammeKind.TC, False),
        ("SC:", ProgrammeKind.SC, False),
        ("SC:Sửa xe", ProgrammeKind.SC, False),
        ("4520123", None, False),
        ("5620120", None, True),
        ("SC:sua_chua_xe_may", None, True),
    ],
)
def test_the_form_of_a_trade_code_follows_the_programme(
    code: str, kind: ProgrammeKind | None, good: bool
) -> None:
    assert trades.is_well_formed(code, kind) is good


def test_elementary_trades_are_found_by_the_slug_of_their_name() -> None:
    assert trades.slug_code("Sửa chữa xe máy") == "SC:sua_chua_xe_may"
    assert trades.name_of("SC:sua_chua_xe_may") == "Sửa chữa xe máy"


def test_every_trade_of_the_catalogue_is_well_formed_for_its_level() -> None:
    assert all(trades.is_well_formed(trade.code, ProgrammeKind(trade.level)) for trade in trades.catalogue())
    assert len(trades.catalogue()) == 183


def test_destinations_come_in_their_precedence() -> None:
    codes = [destination.code for destination in destinations.all_of_them()]
    assert codes == [
        *("DEC", "DH", "CD", "GDTX_TC", "THN", "TC", "THPT", "GDTX", "SC"),
        *("DTTX", "RET", "MIL", "ABR", "EMP", "NEET", "LEFT", "UNK"),
    ]


def test_every_occupation_lies_in_a_known_group() -> None:
    assert occupations.name_of("7212") == "Thợ hàn và thợ cắt kim loại bằng nhiệt"
    assert occupations.group_of("7212", 1) == "7"
    assert not occupations.is_known("99999")
