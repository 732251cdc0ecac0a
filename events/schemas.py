"""The contract as documents, made from the models: JSON Schemas and one AsyncAPI 3 document.

A schema describes the `data` of a message in its canonical shape; `Envelope.json` describes what is
around it, and the AsyncAPI document ties the two together. Older shapes are read too
(`events.upcast`) but not documented: nobody should write them.
"""

import inspect
import json
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from events.base import Message, wire_name
from events.registry import ALIASES, MESSAGES, TOPICS
from events.writer import CONTENT_TYPE

_Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_FILE: Final = "asyncapi.json"
SCHEMAS_FOLDER: Final = "schemas"
_ENVIRONMENTS: Final = ("dev", "sit", "prod")
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 128}


def documents() -> dict[str, str]:
    """Give every document by its path below the docs folder."""
    found = {ASYNCAPI_FILE: asyncapi(), f"{SCHEMAS_FOLDER}/Envelope.json": envelope_schema()}
    found |= {f"{SCHEMAS_FOLDER}/{name}.json": schema_of(model) for name, model in MESSAGES.items()}
    return {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in found.items()
    }


def stale(folder: Path) -> list[str]:
    """Name the documents that are absent, differ from the models, or belong to no message."""
    wanted = documents()
    differing = [path for path, text in wanted.items() if not _holds(folder / path, text)]
    return sorted([*differing, *_orphans(folder, wanted)])


def write(folder: Path) -> list[str]:
    """Bring a docs folder up to date, and name what changed."""
    wanted, changed = documents(), stale(folder)
    for path in changed:
        target = folder / path
        if path not in wanted:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(wanted[path], encoding="utf-8")
    return changed


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _orphans(folder: Path, wanted: dict[str, str]) -> list[str]:
    present = (f"{SCHEMAS_FOLDER}/{path.name}" for path in (folder / SCHEMAS_FOLDER).glob("*.json"))
    return [path for path in present if path not in wanted]


# --- JSON Schema ---


def schema_of(model: type[Message]) -> _Json:
    """Describe the canonical `data` of a message."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Untitled, mode="validation")
    for definition in (schema, *schema.get("$defs", {}).values()):
        definition["properties"] = {
            name: _without_null(field) for name, field in definition.get("properties", {}).items()
        }
    head = {
        "$schema": DIALECT,
        "$id": f"{model.name}.json",
        "title": model.name,
        "description": _described(model),
    }
    return head | {key: value for key, value in schema.items() if key not in head}


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles of fields, which only repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  the signature is pydantic's
        """Never."""
        return False


def _without_null(field: _Json) -> _Json:
    """Describe an optional field as it is written: absent rather than null."""
    if field.get("default", ...) is not None:
        return field
    rest = {key: value for key, value in field.items() if key not in {"default", "anyOf"}}
    choices = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    return {**choices[0], **rest} if len(choices) == 1 else field


def envelope_schema() -> _Json:
    """Describe what is around a message's data."""
    fields: _Json = {
        "eventId": {**_TEXT, "description": "Known again by this when it comes twice."},
        "eventType": {**_TEXT, "description": "The message's name; a command's name too."},
        "eventVersion": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$"},
        "timestamp": {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, UTC, when it happened.",
        },
        "source": {**_TEXT, "description": "The service that speaks, in kebab case."},
        "metadata": {"type": "object"},
        "correlationId": {**_TEXT, "description": "The first eventId of the saga."},
        "causationId": {**_TEXT, "description": "The eventId of the direct cause."},
        "data": {"type": "object"},
    }
    return {
        "$schema": DIALECT,
        "$id": "Envelope.json",
        "title": "Envelope",
        "description": "What every record on Kafka travels in.",
        "type": "object",
        "properties": fields,
        "required": ["eventId", "eventType", "eventVersion", "timestamp", "data"],
        "unevaluatedProperties": False,
    }


def _described(model: type[Message]) -> str:
    return inspect.cleandoc(model.__doc__ or "")


# --- AsyncAPI ---


def asyncapi() -> _Json:
    """Describe every channel, its messages and their keys."""
    on_kafka = [model for model in MESSAGES.values() if model.topic]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "FlowMart streams",
            "version": "1.0.0",
            "description": "Every event and command. Generated: `python -m events schemas`.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": CONTENT_TYPE.decode(),
        "channels": {
            _channel_id(topic): _channel(topic, models) for topic, models in TOPICS.items()
        },
        "operations": {
            _operation_id(topic): _operation(topic, models) for topic, models in TOPICS.items()
        },
        "components": {"messages": {model.name: _message(model) for model in on_kafka}},
    }


def _channel_id(topic: str) -> str:
    return topic.replace(".{env}", "")


def _takes_requests(topic: str) -> bool:
    return topic.endswith((".commands", ".queue"))


def _operation_id(topic: str) -> str:
    return f"{'receive' if _takes_requests(topic) else 'send'}.{_channel_id(topic)}"


def _channel(topic: str, models: tuple[type[Message], ...]) -> _Json:
    return {
        "address": topic,
        "parameters": {"env": {"enum": list(_ENVIRONMENTS), "description": "The environment."}},
        "messages": {
            model.name: {"$ref": f"#/components/messages/{model.name}"} for model in models
        },
    }


def _operation(topic: str, models: tuple[type[Message], ...]) -> _Json:
    channel = _channel_id(topic)
    return {
        "action": "receive" if _takes_requests(topic) else "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{model.name}"} for model in models],
    }


def _message(model: type[Message]) -> _Json:
    described = _described(model)
    also = [alias for alias, name in ALIASES.items() if name == model.name]
    key = ".".join(wire_name(step) for step in model.key_field.split("."))
    return {
        "name": model.name,
        "title": model.name,
        "summary": described.partition("\n")[0],
        "description": described,
        "tags": [{"name": model.kind}, {"name": model.source}],
        "contentType": CONTENT_TYPE.decode(),
        "correlationId": {"location": "$message.header#/correlationId"},
        "headers": _headers(model),
        "payload": {
            "allOf": [
                {"$ref": f"./{SCHEMAS_FOLDER}/Envelope.json"},
                {
                    "type": "object",
                    "properties": {
                        "eventType": {"const": model.name},
                        "data": {"$ref": f"./{SCHEMAS_FOLDER}/{model.name}.json"},
                    },
                },
            ]
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"data.{key}"},
                "bindingVersion": "0.5.0",
            }
        },
        "x-version": model.version,
        **({"x-also-known-as": also} if also else {}),
    }


def _headers(model: type[Message]) -> _Json:
    return {
        "type": "object",
        "properties": {
            "eventType": {"const": model.name},
            "contentType": {"const": CONTENT_TYPE.decode()},
            "correlationId": {"type": "string"},
        },
    }
