"""What does the OpenAPI document say of the routes under /v2?"""

from __future__ import annotations

from typing import Any

import orjson

from bayesian_verifier.serving._examples import PROBLEM, safe_then_risky
from bayesian_verifier.serving._openapi import MEANINGS, REFERENCE, REQUEST_HEADERS
from bayesian_verifier.serving._problems import PROBLEM_JSON

MODEL_PARAMETER: dict[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "Name of the model.",
    "schema": {"type": "string"},
    "example": "bayesian-verifier",
}
VERSION_PARAMETER: dict[str, Any] = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "Version of the model; `GET /v2/models/{name}` says which one there is.",
    "schema": {"type": "string"},
}


def _tensor(safe: int) -> dict[str, Any]:
    texts = [orjson.dumps(judgment).decode() for judgment in safe_then_risky(safe)["judgments"]]
    return {"name": "judgments", "datatype": "BYTES", "shape": [len(texts)], "data": texts}


INFERENCE_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": REFERENCE.format(model="InferenceRequestDocument")},
                "examples": {
                    "holt-laury": {
                        "summary": "The Holt–Laury list, from someone who takes the safe option six times",
                        "value": {"id": "42", "inputs": [_tensor(6)]},
                    },
                    "draws": {
                        "summary": "The names and draws alone",
                        "value": {
                            "inputs": [_tensor(4)],
                            "parameters": {"draws": 5, "seed": 1},
                            "outputs": [{"name": "names"}, {"name": "draws"}],
                        },
                    },
                },
            }
        },
    },
    "parameters": REQUEST_HEADERS,
}


def with_error(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents a route under /v2 may answer with: `error` stands in each."""
    content = {
        PROBLEM_JSON: {
            "schema": {"$ref": REFERENCE.format(model="OpenInferenceProblem")},
            "example": {"error": PROBLEM["detail"], **PROBLEM},
        }
    }
    return {
        status: {"description": MEANINGS[status], "content": content}
        for status in sorted({401, 403, *statuses})
    }
