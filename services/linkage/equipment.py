"""What linkage needs besides its database: the seal of numbers, the compiled model, a memory of records.

It travels with the database (`Database.carry`), so a handler, a command, a migration and a replay into a
scratch database find the same without anything global. The memory of records is only ever a copy of rows;
`keeping.Records` empties it when anybody else has written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import orjson
from sqlalchemy.orm import Session

from services.linkage.clusters import Policy
from services.linkage.features import Features, features
from services.linkage.judging import Judge
from services.linkage.repair import Repaired, repair
from services.linkage.repair.numbers import shows_number
from services.linkage.sealing import Seal, SealedNumber, seal_of
from shared.contracts import Identity
from shared.contracts.codes import RecordKind
from shared.database import Database
from shared.settings import Settings

SEAL_OPTION = "linkage_equipment"
"""The execution option under which a database carries its `Equipment`."""

_KEY_FILE = "linkage.key"


class Kept(NamedTuple):
    """A record in force, as decisions need it.

    `first_us`: when it was first heard of. `listed_on`: the ISO day that its row is about. `crowded`: too
    many records share its name and whatever else it is known by.
    """

    id: int
    ref: str
    kind: str
    source: str
    listed_on: str | None
    first_us: int
    crowded: bool
    features: Features

    @property
    def is_leaver(self) -> bool:
        """Whether the row is a completion, so a person of its own."""
        return self.kind == RecordKind.COMPLETION

    @property
    def origin(self) -> str:
        """Whose rows of which kind it stands among: what stage 2 and decisions take for a source."""
        return f"{self.source}|{self.kind}"

    @property
    def listing(self) -> str | None:
        """The list of leavers that it stands in: of one publisher, for one day."""
        return listing_of(self.kind, self.source, self.listed_on)


def listing_of(kind: str, source: str, listed_on: str | None) -> str | None:
    """The list of leavers in which a row of this kind stands; None: in none that is known."""
    return f"{source}|{listed_on}" if kind == RecordKind.COMPLETION and listed_on else None


class Equipment:
    """One per opened database; used by whoever holds the turn."""

    def __init__(self, seal: Seal, policy: Policy | None = None) -> None:
        """`policy` None: the default one."""
        self.seal = seal
        self.policy = policy or Policy()
        self.memory: dict[int, Kept] = {}
        self.version = -1
        """Of the turn in which `memory` was last known to be right."""
        self.judges: dict[tuple[str | None, int, str | None], Judge] = {}
        """By version of the model, size class, and stamp of the derived tables."""


def equip(database: Database, settings: Settings) -> None:
    """Give the database its equipment. Raises `BadKey`, `UnreachablePrecision`, `Unavailable`."""
    seal = seal_of(settings.linkage_key, settings.data_dir / _KEY_FILE)
    equip_with(database, seal, Policy.for_precision(settings.link_precision))


def equip_with(database: Database, seal: Seal, policy: Policy | None = None) -> None:
    """Give the database an equipment under this seal; it links by this policy."""
    database.carry(**{SEAL_OPTION: Equipment(seal, policy)})


def equipment_of(session: Session) -> Equipment:
    """What the session's database carries."""
    found: Equipment = session.connection().get_execution_options()[SEAL_OPTION]
    return found


class SealedIdentity(NamedTuple):
    """An identity as it is stored: JSON text without the number, and JSON text of what is kept of that.

    A student id or a phone that holds the number is left out too.
    """

    identity: str
    number: str | None
    listed_on: str | None


def sealed_identity(identity: Identity, seal: Seal) -> SealedIdentity:
    """The stored form of an identity."""
    return sealed_with(identity, repair(identity), seal)


def sealed_with(identity: Identity, repaired: Repaired, seal: Seal) -> SealedIdentity:
    """The same, where the identity has been repaired already."""
    listed_on = identity.residence_on.isoformat() if identity.residence_on else None
    if identity.personal_number is None and identity.personal_number_as_written is None:
        return SealedIdentity(identity.to_json(), None, listed_on)
    whole = repaired.number or repaired.number_hint
    bare = replace(
        identity,
        personal_number=None,
        personal_number_as_written=None,
        student_id=None if shows_number(identity.student_id, whole) else identity.student_id,
        phone=None if shows_number(identity.phone, whole) else identity.phone,
    )
    kept = {
        "seal": tuple(seal.number(repaired.number)) if repaired.number else None,
        "hint": tuple(seal.number(repaired.number_hint)) if repaired.number_hint else None,
        "sex": repaired.number_sex,
        "birth_year": repaired.number_birth_year,
        "province": repaired.number_province,
        "repairs": [code for code in repaired.repairs if code.startswith("number")],
    }
    text = orjson.dumps({name: value for name, value in kept.items() if value}).decode()
    return SealedIdentity(bare.to_json(), text, listed_on)


def features_now(repaired: Repaired, seal: Seal) -> Features:
    """The features of an identity that was just heard."""
    return features(
        repaired,
        seal.number(repaired.number) if repaired.number else None,
        hint=seal.number(repaired.number_hint) if repaired.number_hint else None,
    )


def features_again(identity: str, number: str | None) -> Features:
    """The features of a stored identity: equal to what `features_now` gave when it was heard."""
    repaired = repair(Identity.from_json(identity))
    if number is None:
        return features(repaired)
    kept = orjson.loads(number)
    whole = repaired._replace(
        number_sex=kept.get("sex"),
        number_birth_year=kept.get("birth_year"),
        number_province=kept.get("province"),
    )
    return features(whole, _sealed(kept.get("seal")), hint=_sealed(kept.get("hint")))


def _sealed(kept: list[object] | None) -> SealedNumber | None:
    if kept is None:
        return None
    number, masks, ordered = kept
    return SealedNumber(str(number), tuple(masks), str(ordered))  # type: ignore[arg-type]
