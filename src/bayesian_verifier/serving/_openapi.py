"""What does the OpenAPI document say beyond what FastAPI finds out by itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from bayesian_verifier.serving._documents import PosteriorRequest, ProblemDocument
from bayesian_verifier.serving._examples import PROBLEM, REPLY, safe_then_risky
from bayesian_verifier.serving._limits import MAX_BODIES
from bayesian_verifier.serving._open_inference_documents import InferenceRequestDocument, OpenInferenceProblem
from bayesian_verifier.serving._problems import PROBLEM_JSON

if TYPE_CHECKING:
    from fastapi import FastAPI

REFERENCE = "#/components/schemas/{model}"
MEANINGS = {
    400: "Not JSON (NaN and Infinity are not), a name twice in one object, or a malformed header",
    401: "The bearer token is missing or wrong",
    403: "A web page of another origin, or a Host that is not this machine",
    404: "No such model or version",
    409: "`state` of another model version",
    413: "More than 8 MiB, 512 judgments or 64 bodies",
    415: "Not `application/json`",
    422: "Bad evidence or an unreadable `state`; `errors` names the first 32 broken rules",
    429: "The queue is full; `Retry-After` says when to come back",
    503: "Not ready, or draining",
    504: "Cannot be answered within `X-Request-Timeout-Ms`",
}
HEADERS = {
    "X-Request-Id": {
        "description": "The request's own where it matches `[A-Za-z0-9._-]{1,128}`, else made.",
        "schema": {"type": "string"},
    },
    "X-Model-Version": {"description": "Version of the model, or `none`.", "schema": {"type": "string"}},
}
REQUEST_HEADERS: list[dict[str, Any]] = [
    {
        "name": "X-Request-Timeout-Ms",
        "in": "header",
        "description": "What is left of the caller's time, in milliseconds.",
        "schema": {"type": "number", "minimum": 0},
        "example": 50,
    },
    {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Echoed.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
]
POSTERIOR_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": REFERENCE.format(model="PosteriorRequest")},
                "examples": {
                    "holt-laury": {
                        "summary": "The Holt–Laury list, from someone who takes the safe option six times",
                        "value": safe_then_risky(6),
                    },
                    "prior": {"summary": "No evidence: the prior", "value": {"judgments": []}},
                    "draws": {
                        "summary": "Draws, from a seed",
                        "value": {**safe_then_risky(4), "draws": 5, "seed": 1},
                    },
                },
            }
        },
    },
    "parameters": REQUEST_HEADERS,
}
POSTERIORS_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "maxItems": MAX_BODIES,
                    "items": {"$ref": REFERENCE.format(model="PosteriorRequest")},
                },
                "examples": {
                    "three": {
                        "summary": "Two people, and a body that is refused",
                        "value": [
                            safe_then_risky(6),
                            safe_then_risky(3),
                            {"judgments": [], "state": "not ours"},
                        ],
                    },
                },
            }
        },
    },
    "parameters": REQUEST_HEADERS,
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents a route may answer with, next to those every route may."""
    content = {
        PROBLEM_JSON: {"schema": {"$ref": REFERENCE.format(model="ProblemDocument")}, "example": PROBLEM}
    }
    return {
        status: {"description": MEANINGS[status], "content": content}
        for status in sorted({401, 403, *statuses})
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application, complete with schemas and examples."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    for model in (PosteriorRequest, ProblemDocument, InferenceRequestDocument, OpenInferenceProblem):
        schema = model.model_json_schema(ref_template=REFERENCE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                response["headers"] = HEADERS
    accepted = document["paths"]["/v1/posterior"]["post"]["responses"]["200"]
    accepted["content"]["application/json"]["example"] = REPLY
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}, {}]
    return document
