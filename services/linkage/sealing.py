"""Sealed personal numbers: keyed hashes that can still be compared, and where the key is kept.

A number has ten digits of freedom and a known build, so a plain hash is undone by trying all; a keyed one
(BLAKE2b in its keyed mode, RFC 7693) only by whoever has the key. The key therefore never lies in a database:
it is `NOINGHE_LINKAGE_KEY`, or a file that only its owner may read, made at the first start.

Three seals are kept of a number: of the whole, of its twelve forms with one digit masked (two numbers that
share one differ in at most that digit) and of its sorted digits (equal after any swap).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from shared.errors import Invalid, Unavailable

DIGITS = 12
KEY_BYTES = 32

_WHOLE_BYTES = 8
"""2^64 values: at ten million numbers a chance of 3 in a million that any two of them meet."""
_MASK_BYTES = 5
"""Masks are compared between two records that already met, never looked up among all."""
_SORTED_BYTES = 6

_NUMBER = re.compile(r"[0-9]{12}")
_KEY = re.compile(r"[0-9a-f]{64}")


class BadKey(Invalid):
    """The key of the seals is not one."""

    code = "bad_linkage_key"


class WrongKey(Unavailable):
    """The key is not the one with which the numbers of this database were sealed."""

    code = "wrong_linkage_key"

    def __init__(self) -> None:
        super().__init__(
            "Khóa niêm phong số định danh không phải khóa đã dùng cho dữ liệu này; hãy đặt lại "
            "NOINGHE_LINKAGE_KEY hoặc chép lại tệp linkage.key cũ."
        )


class SealedNumber(NamedTuple):
    """What is kept of a personal number, as hexadecimal text: 16, twelve times 10, and 12 characters."""

    number: str
    masks: tuple[str, ...]
    sorted: str


class Seal:
    """Seals numbers under one key. Equal numbers give equal seals under the same key, and only then."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        if len(key) != KEY_BYTES:
            raise BadKey(f"Khóa niêm phong phải dài đúng {KEY_BYTES} byte.")
        self._whole = blake2b(key=key, digest_size=_WHOLE_BYTES, person=b"number")
        self._mask = blake2b(key=key, digest_size=_MASK_BYTES, person=b"mask")
        self._sorted = blake2b(key=key, digest_size=_SORTED_BYTES, person=b"sorted")
        self.fingerprint = blake2b(key=key, digest_size=_WHOLE_BYTES, person=b"fingerprint").hexdigest()
        """Tells keys apart without telling the key."""
        self.number = lru_cache(maxsize=65_536)(self._seal)
        """`number(digits) -> SealedNumber`; raises `ValueError` unless there are 12 digits."""

    @classmethod
    def random(cls) -> Seal:
        """A seal under a key that nobody keeps: for files that are linked once."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def _seal(self, digits: str) -> SealedNumber:
        if not _NUMBER.fullmatch(digits):
            raise ValueError("a personal number has 12 digits")
        masked = (f"{digits[:place]}*{digits[place + 1 :]}" for place in range(DIGITS))
        return SealedNumber(
            _hash(self._whole, digits),
            tuple(_hash(self._mask, form) for form in masked),
            _hash(self._sorted, "".join(sorted(digits))),
        )


def seal_of(key_text: str | None, file: Path) -> Seal:
    """The seal of an installation: under the key given (64 hexadecimal digits), else under that of `file`.

    The file is made, readable by its owner only, where there is none. Raises `BadKey`, `Unavailable`.
    """
    text = (key_text or _kept_key(file)).strip().lower()
    if not _KEY.fullmatch(text):
        raise BadKey("Khóa niêm phong (NOINGHE_LINKAGE_KEY hoặc tệp linkage.key) phải có 64 chữ số hex.")
    return Seal(bytes.fromhex(text))


def _kept_key(file: Path) -> str:
    """The text of the key file. Of two processes that would both make it one does, and both read that."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not file.exists():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as made:
                    made.write(secrets.token_hex(KEY_BYTES) + "\n")
                    made.flush()
                    os.fsync(made.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(draft, file)
            finally:
                draft.unlink()
        return file.read_text(encoding="ascii", errors="replace")
    except OSError as fault:
        raise Unavailable(f"Không đọc hoặc ghi được tệp khóa {file}: hãy kiểm tra quyền.") from fault


def _hash(keyed: blake2b, text: str) -> str:
    fresh = keyed.copy()
    fresh.update(text.encode("ascii"))
    return fresh.hexdigest()
