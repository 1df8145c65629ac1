"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from serving.closed_form import VERSION, judgment

if TYPE_CHECKING:
    import httpx


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    """The document as served."""
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def schema_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A schema that finds the others it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_every_route_of_the_contract_is_described(document: dict[str, Any]) -> None:
    """With a summary, and problems where it can have any."""
    model = "/v2/models/{name}"
    expected = {"/health/live", "/health/ready", "/health", "/v1/posterior", "/v1/posteriors", "/v1/model"}
    expected |= {"/metrics", "/v2", "/v2/", "/v2/health/live", "/v2/health/ready"}
    expected |= {
        path + verb for path in (model, model + "/versions/{version}") for verb in ("", "/ready", "/infer")
    }
    assert set(document["paths"]) == expected
    assert all(verb["summary"] for path in document["paths"].values() for verb in path.values())
    answers = document["paths"]["/v1/posterior"]["post"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "409", "413", "415", "422", "429", "503", "504"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No schema is missing."""
    named = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", str(document)))
    assert named <= set(document["components"]["schemas"])


def test_examples_are_answered_as_described(client: httpx.Client, document: dict[str, Any]) -> None:
    """Each example of a request gets a 200 that fits the schema of replies, as its example does."""
    content = document["paths"]["/v1/posterior"]["post"]["requestBody"]["content"]["application/json"]
    assert len(content["examples"]) >= 2
    reply_schema = schema_of(document, "PosteriorReply")
    for example in content["examples"].values():
        jsonschema.validate(example["value"], schema_of(document, "PosteriorRequest"))
        reply = client.post("/v1/posterior", json=example["value"])
        assert reply.status_code == 200
        jsonschema.validate(reply.json(), reply_schema)
    answers = document["paths"]["/v1/posterior"]["post"]["responses"]
    jsonschema.validate(answers["200"]["content"]["application/json"]["example"], reply_schema)


def test_examples_of_many_bodies_are_answered_as_described(
    client: httpx.Client, document: dict[str, Any]
) -> None:
    """Posteriors and problems in one list."""
    operation = document["paths"]["/v1/posteriors"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    described = {"components": document["components"]}
    [example] = content["examples"].values()
    jsonschema.validate(example["value"], content["schema"] | described)
    reply = client.post("/v1/posteriors", json=example["value"])
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(reply.json(), schema | described)
    assert {one.get("status") for one in reply.json()} == {None, 422}


@pytest.mark.parametrize("path", ["/v2/models/{name}", "/v2/models/{name}/versions/{version}"])
def test_examples_in_tensors_are_answered_as_described(
    client: httpx.Client, document: dict[str, Any], path: str
) -> None:
    """Each gets a 200 that fits the schema of replies; metadata, readiness and refusals fit theirs."""
    operation = document["paths"][f"{path}/infer"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    here = path.format(name="closed-form", version=VERSION)
    assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == set(
        re.findall(r"{(\w+)}", path)
    )
    for example in content["examples"].values():
        jsonschema.validate(example["value"], schema_of(document, "InferenceRequestDocument"))
        reply = client.post(f"{here}/infer", json=example["value"])
        assert reply.status_code == 200
        jsonschema.validate(reply.json(), schema_of(document, "InferenceReply"))
    jsonschema.validate(client.get(here).json(), schema_of(document, "ModelMetadata"))
    jsonschema.validate(client.get(f"{here}/ready").json(), schema_of(document, "ModelReady"))
    refused = client.post(f"{here}/infer", json={})
    jsonschema.validate(refused.json(), schema_of(document, "OpenInferenceProblem"))
    example = operation["responses"]["422"]["content"]["application/problem+json"]["example"]
    jsonschema.validate(example, schema_of(document, "OpenInferenceProblem"))


def test_forms_of_the_docs_page_reach_the_model(client: httpx.Client) -> None:
    """A form's path has its name in place of the placeholder, where the name is known beforehand."""
    page = client.get("/docs").text
    assert 'data-path="/v2/models/bayesian-verifier/infer"' in page


def test_problems_and_pages_are_as_described(client: httpx.Client, document: dict[str, Any]) -> None:
    """A 422, its example, and the page of GET /health."""
    problem = client.post("/v1/posterior", json={"judgments": [judgment(9.0)]}).json()
    jsonschema.validate(problem, schema_of(document, "ProblemDocument"))
    answer = document["paths"]["/v1/posterior"]["post"]["responses"]["422"]
    jsonschema.validate(
        answer["content"]["application/problem+json"]["example"], schema_of(document, "ProblemDocument")
    )
    jsonschema.validate(client.get("/health").json(), schema_of(document, "Health"))


class _Links(HTMLParser):
    """Collects what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.loaded += [value for name, value in attrs if name in ("src", "href") and value]


def test_docs_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    """It works without a network, and its policy lets nothing but its own script and style run."""
    reply = client.get("/docs")
    links = _Links()
    links.feed(reply.text)
    assert links.loaded == ["openapi.json"]
    assert links.scripts == 1
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    script = re.search(r"<script>(.*?)</script>", reply.text, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
