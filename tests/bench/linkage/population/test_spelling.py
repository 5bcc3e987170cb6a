"""How a name is typed: each manner by hand-written examples."""

from __future__ import annotations

import unicodedata

import pytest

from bench.linkage.population import spelling


@pytest.mark.parametrize(
    ("function", "name", "typed"),
    [
        (spelling.unmarked_text, "Đặng Thị Hòa", "Dang Thi Hoa"),
        (spelling.new_tone_text, "Nguyễn Thị Thúy Hòa", "Nguyễn Thị Thuý Hoà"),
        (spelling.new_tone_text, "Quỳnh Toàn Quý", "Quỳnh Toàn Quý"),
        (spelling.i_for_y_text, "Lý Thị Mỹ Quý", "Lí Thị Mĩ Quí"),
        (spelling.i_for_y_text, "Y Thủy Duyên", "Y Thủy Duyên"),
        (spelling.eth_text, "Đào Đình", "Ðào Ðình"),
        (spelling.d_for_stroke_text, "Đào Đình", "Dào Dình"),
        (spelling.upper_text, "Giẻ Y Đem", "GIẺ Y ĐEM"),
        (spelling.lower_text, "Giàng A Páo", "giàng a páo"),
        (spelling.tcvn3_text, "Nguyễn Thị Thúy Hòa", "NguyÔn ThÞ Thóy Hßa"),
        (spelling.tcvn3_text, "Đặng Ánh", "§Æng ¸nh"),
        (spelling.vni_font_text, "Nguyễn Thị Đặng", "Nguyeãn Thò Ñaëng"),
        (spelling.vni_font_text, "Rơ Lường", "Rô Löôøng"),
    ],
)
def test_a_manner_of_typing(function: object, name: str, typed: str) -> None:
    assert callable(function)
    assert function(name) == typed


@pytest.mark.parametrize(
    ("function", "name", "which", "how", "typed"),
    [
        (spelling.telex_text, "Đặng Thị Thường", 0.0, 0.0, "Ddawngj Thij Thuwowngf"),
        (spelling.telex_text, "Nguyễn Thị Lan", 0.0, 0.9, "Nguyeenx Thị Lan"),
        (spelling.vni_keys_text, "Đặng Thị Thường", 0.0, 0.0, "D9a85ng Thi5 Thu7o72ng"),
        (spelling.unmarked_word_text, "Nguyễn Thị Lan", 0.9, 0.0, "Nguyen Thị Lan"),
        (spelling.sound_alike_text, "Sùng Thị Mai", 0.0, 0.0, "Xùng Thị Mai"),
        (spelling.sound_alike_text, "Trần Văn An", 0.0, 0.0, "Chần Văn An"),
        (spelling.sound_alike_text, "Nguyễn Văn An", 0.0, 0.0, "Nguyển Văn An"),
        (spelling.one_tone_text, "Nguyễn Hạnh", 0.9, 0.0, "Nguyễn Hanh"),
        (spelling.apostrophe_text, "H'Nhi Niê", 0.0, 0.0, "H’Nhi Niê"),
        (spelling.apostrophe_text, "H'Nhi Niê", 0.7, 0.0, "HNhi Niê"),
        (spelling.joined_text, "Lò Văn An", 0.0, 0.0, "LòVăn An"),
        (spelling.joined_text, "Lò Văn An", 0.9, 0.9, "Lò Văn-An"),
        (spelling.spaces_text, "Lò Văn An", 0.0, 0.5, "Lò  Văn An"),
        (spelling.spaces_text, "Lò Văn An", 0.0, 0.0, " Lò Văn An"),
        (spelling.slip_text, "Lan Anh", 0.99, 0.0, "Lan An"),
        (spelling.slip_text, "Lan Anh", 0.99, 0.3, "Lan Anhh"),
        (spelling.slip_text, "Lan Anh", 0.0, 0.5, "Aln Anh"),
    ],
)
def test_a_slip_where_chance_puts_it(
    function: object, name: str, which: float, how: float, typed: str
) -> None:
    assert callable(function)
    assert function(name, which, how) == typed


def test_old_tcvn3_has_the_soft_hyphen_for_u_with_a_horn() -> None:
    assert spelling.tcvn3_text("Thư") == "Th\u00ad"


def test_a_mac_writes_letters_and_marks_apart() -> None:
    assert spelling.nfd_text("Lò") == "Lo\u0300"
    assert unicodedata.normalize("NFC", spelling.nfd_text("Nguyễn Đạt")) == "Nguyễn Đạt"


def test_a_neighbour_on_the_keyboard_keeps_the_case() -> None:
    typed = spelling.slip_text("Lan", 0.0, 0.95)
    assert typed in ("Kan",)
