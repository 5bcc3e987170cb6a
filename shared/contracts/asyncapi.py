"""The AsyncAPI 3.0 document of all topics: who sends, who receives, what a message holds.

`python -m shared.contracts.asyncapi > asyncapi.json` prints it. Everything in it is derived from the
declared events; retention and partition counts are those that the topics are created with.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from shared.contracts import EVENT_TYPES, TOPICS, Event, Topic
from shared.contracts.envelope import SEQUENCE_DIGITS
from shared.contracts.schema import json_schema

KAFKA_BINDING: Final = "0.5.0"
CONTENT_TYPE: Final = "application/cloudevents+json"


def document() -> dict[str, Any]:
    """The whole document, in the order of names."""
    topics = [TOPICS[name] for name in sorted(TOPICS)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Nối Nghề: sự kiện",
            "version": "1",
            "description": (
                "Sự thật của các nguồn, đi bằng CloudEvents 1.0 (JSON có cấu trúc). Danh tính và nội dung đi "
                "trên các chủ đề khác nhau."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {name: body for topic in topics for name, body in _operations(topic).items()},
        "components": {
            "messages": {name: _message(EVENT_TYPES[name]) for name in sorted(EVENT_TYPES)},
            "schemas": {name: json_schema(EVENT_TYPES[name], closed=False) for name in sorted(EVENT_TYPES)},
        },
    }


def types_of(topic: Topic) -> list[type[Event]]:
    """The event types that travel on a topic, by name."""
    return [EVENT_TYPES[name] for name in sorted(EVENT_TYPES) if topic == EVENT_TYPES[name].TOPIC]


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {
            _short(event_type): {"$ref": f"#/components/messages/{event_type.TYPE}"}
            for event_type in types_of(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": topic.retention_ms, "cleanup.policy": ["delete"]},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "x-identities": topic.identities,
    }


def _operations(topic: Topic) -> dict[str, dict[str, Any]]:
    channel = {"$ref": f"#/channels/{topic.name}"}
    messages = [
        {"$ref": f"#/channels/{topic.name}/messages/{_short(event_type)}"} for event_type in types_of(topic)
    ]
    sending = {
        f"{topic.owner}.sends.{topic.name}": {
            "action": "send",
            "channel": channel,
            "messages": messages,
            "summary": f"{topic.owner} publishes.",
        }
    }
    receiving = {
        f"{reader}.receives.{topic.name}": {
            "action": "receive",
            "channel": channel,
            "messages": messages,
            "summary": f"{reader} hears.",
            "bindings": {
                "kafka": {
                    "groupId": {"type": "string", "enum": [reader]},
                    "bindingVersion": KAFKA_BINDING,
                }
            },
        }
        for reader in sorted(topic.readers)
    }
    return {**sending, **receiving}


def _message(event_type: type[Event]) -> dict[str, Any]:
    return {
        "name": event_type.TYPE,
        "title": _short(event_type),
        "summary": (event_type.__doc__ or "").strip(),
        "contentType": CONTENT_TYPE,
        "payload": _envelope(event_type),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "/".join(event_type.KEY)},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _envelope(event_type: type[Event]) -> dict[str, Any]:
    """The CloudEvents attributes around the data."""
    return {
        "type": "object",
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "subject",
            "datacontenttype",
            "sequence",
            "data",
        ],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "description": "Unique for ever (UUID version 7)."},
            "source": {"type": "string", "description": "/<owner>/<publisher>"},
            "type": {"const": event_type.TYPE},
            "time": {"type": "string", "format": "date-time", "description": "When it was recorded, UTC."},
            "subject": {"type": "string", "description": "The aggregate; also the partition key."},
            "datacontenttype": {"const": "application/json"},
            "sequence": {
                "type": "string",
                "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
                "description": "1, 2, 3 … per subject and topic.",
            },
            "data": {"$ref": f"#/components/schemas/{event_type.TYPE}"},
        },
    }


def _short(event_type: type[Event]) -> str:
    """`completion_recorded.v1` of `vn.noinghe.school.completion_recorded.v1`."""
    return event_type.TYPE.split(".", 3)[3]


if __name__ == "__main__":
    json.dump(document(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
