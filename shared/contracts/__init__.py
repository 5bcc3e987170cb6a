"""The event contracts: what travels between services, and nothing else.

One module per owner declares its topics and event types; `base` says how, `envelope` reads and writes
CloudEvents, `schema` derives marshmallow and JSON Schema. Importing this package declares all of them.
"""

from __future__ import annotations

from shared.contracts import employment, linkage, school, vocational
from shared.contracts.base import EVENT_TYPES, TOPICS, Event, Topic
from shared.contracts.envelope import ContractViolation, Envelope, decode, encode
from shared.contracts.identity import Identity

__all__ = [
    "EVENT_TYPES",
    "TOPICS",
    "ContractViolation",
    "Envelope",
    "Event",
    "Identity",
    "Topic",
    "decode",
    "employment",
    "encode",
    "linkage",
    "school",
    "vocational",
]
