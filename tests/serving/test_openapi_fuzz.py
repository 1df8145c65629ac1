"""Does the service do what its OpenAPI document says, whatever the document lets anybody send?

Schemathesis reads the document of a running service, makes requests of it, good ones and broken ones, and
compares what comes back with what is described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

if TYPE_CHECKING:
    import httpx
    from schemathesis.schemas import BaseSchema

AS_DESCRIBED = [content_type_conformance, response_schema_conformance, status_code_conformance]
MODEL = "/v2/models/{name}"
OPERATIONS = [
    *(
        ("GET", path)
        for path in (
            "/health", "/health/live", "/health/ready", "/metrics", "/v1/model", "/v2", "/v2/", "/v2/health/live",
            "/v2/health/ready", MODEL, f"{MODEL}/ready", f"{MODEL}/versions/{{version}}",
            f"{MODEL}/versions/{{version}}/ready",
        )
    ),
    *(
        ("POST", path)
        for path in (
            "/v1/posterior", "/v1/posteriors", f"{MODEL}/infer", f"{MODEL}/versions/{{version}}/infer",
        )
    ),
]  # fmt: skip
# of what has no body there is nothing that could be broken
CASES = [
    (mode, method, path)
    for method, path in OPERATIONS
    for mode in (GenerationMode if method == "POST" else (GenerationMode.POSITIVE,))
]


@pytest.fixture(scope="module")
def schema(client: httpx.Client) -> BaseSchema:
    """The document of the running service."""
    return schemathesis.openapi.from_url(str(client.base_url.join("/openapi.json")))


def test_every_operation_of_the_document_is_asked(schema: BaseSchema) -> None:
    """A route that is new in the document belongs in the list."""
    described = {operation.ok().label for operation in schema.get_all_operations()}
    assert described == {f"{method} {path}" for method, path in OPERATIONS}


@pytest.mark.parametrize(
    ("mode", "method", "path"), CASES, ids=[f"{mode.value} {method} {path}" for mode, method, path in CASES]
)
def test_requests_made_of_the_document_are_answered_as_it_says(
    client: httpx.Client, schema: BaseSchema, mode: GenerationMode, method: str, path: str
) -> None:
    """Never a 5xx but a 504 for who gave it no time; status, type and content as described."""
    operation = schema[path][method]
    examples = 20 if method == "POST" else 4

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        reply = case.call(base_url=str(client.base_url), timeout=30)
        given_time = "x-request-timeout-ms" in {name.lower() for name in case.headers or {}}
        assert reply.status_code < 500 or (reply.status_code == 504 and given_time), reply.text
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == ["application/problem+json"]
        case.validate_response(reply, checks=AS_DESCRIBED)

    ask()
