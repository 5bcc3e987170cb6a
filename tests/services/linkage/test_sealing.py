"""Seals of personal numbers: comparable, keyed, and the key in a file that only its owner reads."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.linkage.sealing import BadKey, Seal, seal_of
from shared.errors import Unavailable

KEY = bytes(range(32))
MAI = "000211000001"


def test_equal_numbers_have_equal_seals_and_the_key_matters() -> None:
    assert Seal(KEY).number(MAI) == Seal(KEY).number(MAI)
    assert Seal(KEY).number(MAI) != Seal(bytes(32)).number(MAI)
    assert Seal(KEY).number(MAI).number != Seal(KEY).number("000211000002").number
    assert Seal(KEY).fingerprint != Seal(bytes(32)).fingerprint


def test_a_seal_shows_no_digit_of_the_number() -> None:
    sealed = Seal(KEY).number(MAI)
    assert re.fullmatch("[0-9a-f]{16}", sealed.number)
    assert all(re.fullmatch("[0-9a-f]{10}", mask) for mask in sealed.masks)
    assert re.fullmatch("[0-9a-f]{12}", sealed.sorted)
    assert MAI not in "".join((sealed.number, *sealed.masks, sealed.sorted))


@pytest.mark.parametrize("place", range(12))
def test_one_digit_off_shares_the_mask_of_that_digit_only(place: int) -> None:
    typo = MAI[:place] + str((int(MAI[place]) + 1) % 10) + MAI[place + 1 :]
    one, other = Seal(KEY).number(MAI), Seal(KEY).number(typo)
    assert [i for i in range(12) if one.masks[i] == other.masks[i]] == [place]
    assert one.sorted != other.sorted


def test_two_digits_off_share_no_mask_and_a_swap_has_the_same_sorted_digits() -> None:
    one, swapped = Seal(KEY).number("000211000012"), Seal(KEY).number("000211000021")
    assert set(one.masks).isdisjoint(swapped.masks)
    assert one.sorted == swapped.sorted


@pytest.mark.parametrize("digits", ["", "00021100000", "0002110000011", "00021100000a", "٠٠٠٢١١٠٠٠٠٠١"])
def test_what_is_not_twelve_digits_is_not_sealed(digits: str) -> None:
    with pytest.raises(ValueError, match="12 digits"):
        Seal(KEY).number(digits)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "linkage.key"
    made = seal_of(None, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["linkage.key"]
    assert seal_of(None, file).number(MAI) == made.number(MAI)


def test_processes_that_start_at_once_agree_on_a_key(tmp_path: Path) -> None:
    file = tmp_path / "linkage.key"
    with ThreadPoolExecutor(8) as starting:
        seals = list(starting.map(lambda _: seal_of(None, file), range(8)))
    assert len({seal.fingerprint for seal in seals}) == 1


def test_a_given_key_wins_over_the_file_and_makes_none(tmp_path: Path) -> None:
    file = tmp_path / "linkage.key"
    assert seal_of(KEY.hex().upper(), file).fingerprint == Seal(KEY).fingerprint
    assert not file.exists()


def test_what_is_not_a_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    file = tmp_path / "linkage.key"
    file.write_text("")
    with pytest.raises(BadKey):
        seal_of(None, file)
    with pytest.raises(BadKey) as refused:
        seal_of("secret", file)
    assert "secret" not in str(refused.value)
    with pytest.raises(BadKey):
        Seal(b"short")


def test_a_key_file_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(Unavailable):
        seal_of(None, tmp_path / "taken" / "linkage.key")
