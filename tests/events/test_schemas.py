"""The documents: current, complete, and sound."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import events
from events import schemas
from events.__main__ import DOCS, main
from events.orders import OrderFailed


def test_the_documents_in_the_repository_are_what_the_models_say() -> None:
    assert schemas.stale(DOCS) == []


def test_stale_missing_and_orphaned_documents_are_named_and_mended(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "schemas" / "OrderFailed.json").unlink()
    (tmp_path / "schemas" / "OrderLost.json").write_text("{}")
    wrong = ["asyncapi.json", "schemas/OrderFailed.json", "schemas/OrderLost.json"]

    assert schemas.stale(tmp_path) == wrong
    assert schemas.write(tmp_path) == wrong
    assert schemas.stale(tmp_path) == []


def test_the_check_exits_with_1_and_names_the_stale_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schemas.write(tmp_path)
    (tmp_path / "asyncapi.json").unlink()

    assert main(["schemas", "--check", "--docs", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("events: stale: asyncapi.json; run")
    assert main(["schemas", "--docs", str(tmp_path)]) == 0
    assert main(["schemas", "--check", "--docs", str(tmp_path)]) == 0


@pytest.mark.parametrize("name", sorted(events.MESSAGES))
def test_every_schema_is_sound(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.schema_of(events.MESSAGES[name]))


def test_the_envelope_has_a_schema_that_a_record_keeps() -> None:
    failed = OrderFailed(order_id="o1", user_id="u1", rejection_reason="FRAUD_FLAG")
    record = json.loads(events.encode(failed, event_id="e1", timestamp=0, causation_id="e0"))

    jsonschema.validate(record, schemas.envelope_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record, "mood": "sunny"}, schemas.envelope_schema())


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for inner in node.values() for found in _references(inner)]
    return (
        [found for inner in node for found in _references(inner)] if isinstance(node, list) else []
    )


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document, written = schemas.asyncapi(), schemas.documents()

    for reference in _references(document):
        if reference.startswith("#/"):
            node: Any = document
            for step in reference.removeprefix("#/").split("/"):
                node = node[step]
        else:
            assert reference.removeprefix("./") in written


def test_the_asyncapi_document_has_every_channel_message_and_key() -> None:
    document = schemas.asyncapi()
    on_kafka = {model.name for model in events.MESSAGES.values() if model.topic}

    assert {channel["address"] for channel in document["channels"].values()} == set(events.TOPICS)
    assert set(document["components"]["messages"]) == on_kafka
    key = document["components"]["messages"]["SendNotification"]["bindings"]["kafka"]["key"]
    assert key["description"] == "data.recipient.customerId"
