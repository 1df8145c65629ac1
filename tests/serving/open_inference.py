"""The Open Inference Protocol (REST, version 2) as its published specification has it: required fields and types.

Written down from specification/protocol/open_inference_rest.yaml and inference_rest.md of
https://github.com/kserve/open-inference-protocol, independently of the service.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from serving.closed_form import judgment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

MODEL = "/v2/models/closed-form"
INFER = f"{MODEL}/infer"

TENSOR_DATA = {
    "type": "array",
    "items": {"anyOf": [{"$ref": "#/$defs/tensor_data"}, {"type": ["number", "string", "boolean"]}]},
}
SHAPE = {"type": "array", "items": {"type": "integer"}}
PARAMETERS = {"type": "object", "additionalProperties": {"type": ["number", "string", "boolean"]}}


def record(required: Sequence[str], **properties: object) -> dict[str, Any]:
    return {
        "$defs": {"tensor_data": TENSOR_DATA},
        "type": "object",
        "required": list(required),
        "properties": properties,
    }


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {name: value for name, value in item.items() if name != "$defs"}}


TEXT = {"type": "string"}
METADATA_TENSOR = record(("name", "datatype", "shape"), name=TEXT, datatype=TEXT, shape=SHAPE)
RESPONSE_OUTPUT = record(
    ("name", "shape", "datatype", "data"),
    name=TEXT,
    shape=SHAPE,
    datatype=TEXT,
    parameters=PARAMETERS,
    data={"$ref": "#/$defs/tensor_data"},
)
SERVER_METADATA = record(
    ("name", "version", "extensions"), name=TEXT, version=TEXT, extensions={"type": "array", "items": TEXT}
)
MODEL_METADATA = record(
    ("name", "platform", "inputs", "outputs"),
    name=TEXT,
    versions={"type": "array", "items": TEXT},
    platform=TEXT,
    inputs=listed(METADATA_TENSOR),
    outputs=listed(METADATA_TENSOR),
)
INFERENCE_RESPONSE = record(
    ("model_name", "outputs"),
    model_name=TEXT,
    model_version=TEXT,
    id=TEXT,
    parameters=PARAMETERS,
    outputs=listed(RESPONSE_OUTPUT),
)
ERROR_RESPONSE = record(("error",), error=TEXT)


def tensor(records: Sequence[object] = (), **fields: object) -> dict[str, Any]:
    """The input, as the protocol writes it: one JSON text each."""
    texts = [json.dumps(one) for one in records]
    return {"name": "judgments", "datatype": "BYTES", "shape": [len(texts)], "data": texts, **fields}


def infer(client: httpx.Client, rewards: Sequence[float | None] = (), **fields: object) -> dict[str, Any]:
    """The answer to judgments with these rewards, held against the specification."""
    body = {"inputs": [tensor([judgment(reward) for reward in rewards])], **fields}
    reply = client.post(INFER, json=body)
    assert reply.status_code == 200, reply.text
    said: dict[str, Any] = reply.json()
    jsonschema.validate(said, INFERENCE_RESPONSE)
    return said


def outputs_of(said: dict[str, Any]) -> dict[str, Any]:
    """The data of each output, in the order given."""
    return {output["name"]: output["data"] for output in said["outputs"]}
