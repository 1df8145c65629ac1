"""The Open Inference Protocol over the same function as POST /v1/posterior."""

from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from bayesian_verifier.serving import admission, create_app
from bayesian_verifier.serving._state import Known, encode_state, model_tag
from bayesian_verifier.simulators import PlainSums
from serving.bodies import assert_problem
from serving.closed_form import VERSION, judgment
from serving.open_inference import (
    ERROR_RESPONSE,
    INFER,
    MODEL,
    MODEL_METADATA,
    SERVER_METADATA,
    infer,
    outputs_of,
    tensor,
)
from serving.test_metrics import sample

if TYPE_CHECKING:
    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

VERSIONED = f"{MODEL}/versions/{VERSION}"
SIZES = {"BYTES": str, "FP64": float}


def asked_of_v1(client: httpx.Client, rewards: list[float], **fields: object) -> dict[str, Any]:
    body = {"judgments": [judgment(reward) for reward in rewards], **fields}
    said: dict[str, Any] = client.post("/v1/posterior", json=body).json()
    return said


def test_server_says_that_it_lives_and_is_ready(client: httpx.Client) -> None:
    """200, and the one field that the specification names for both."""
    for probe in ("live", "ready"):
        reply = client.get(f"/v2/health/{probe}")
        assert reply.status_code == 200
        assert reply.json()["live"] is True


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_server_metadata_is_that_of_the_specification(client: httpx.Client, path: str) -> None:
    """Its text and its OpenAPI document spell the path differently."""
    said = client.get(path).json()
    jsonschema.validate(said, SERVER_METADATA)
    assert said["extensions"] == []


@pytest.mark.parametrize("path", [MODEL, VERSIONED])
def test_model_metadata_names_the_tensors_of_the_contract(client: httpx.Client, path: str) -> None:
    """With or without the version; -1 where a dimension varies."""
    said = client.get(path).json()
    jsonschema.validate(said, MODEL_METADATA)
    assert (said["name"], said["versions"]) == ("closed-form", [VERSION])
    assert said["inputs"] == [{"name": "judgments", "datatype": "BYTES", "shape": [-1]}]
    assert said["outputs"] == [
        {"name": "names", "datatype": "BYTES", "shape": [2]},
        {"name": "mean", "datatype": "FP64", "shape": [2]},
        {"name": "sd", "datatype": "FP64", "shape": [2]},
        {"name": "quantiles", "datatype": "FP64", "shape": [2, 5]},
    ]


@pytest.mark.parametrize("path", [MODEL, VERSIONED])
def test_the_model_is_ready(client: httpx.Client, path: str) -> None:
    """By its name."""
    assert client.get(f"{path}/ready").json() == {"name": "closed-form", "ready": True}


@pytest.mark.parametrize("draws", [0, 7])
def test_outputs_are_as_the_metadata_describes_them(client: httpx.Client, draws: int) -> None:
    """All of them, and draws where asked for; as many elements of the type as the shape says."""
    said = infer(client, [0.5, 1.0], parameters={"draws": draws, "seed": 1})
    described = {one["name"]: one for one in client.get(MODEL).json()["outputs"]}
    if draws:
        described["draws"] = {"name": "draws", "datatype": "FP64", "shape": [draws, 2]}
    assert [one["name"] for one in said["outputs"]] == list(described)
    for one in said["outputs"]:
        expected = described[one["name"]]
        assert (one["datatype"], one["shape"]) == (expected["datatype"], expected["shape"])
        assert len(one["data"]) == math.prod(one["shape"])
        assert {type(value) for value in one["data"]} == {SIZES[one["datatype"]]}


def test_mean_and_sd_are_those_of_the_conjugate_normal(client: httpx.Client) -> None:
    """Given n rewards of sum s, r ~ N(s/(n+1), 1/(n+1))."""
    said = outputs_of(infer(client, [1.0, 2.0, -0.5]))
    at = said["names"].index("risk_aversion")
    assert said["mean"][at] == pytest.approx(2.5 / 4, abs=1e-3)
    assert said["sd"][at] == pytest.approx(0.5, rel=1e-3)


def test_everything_said_is_what_v1_says(client: httpx.Client) -> None:
    """Number by number; what is an object there is its JSON text here."""
    said = infer(client, [1.0, 2.0, -0.5], parameters={"draws": 6, "seed": 4})
    v1 = asked_of_v1(client, [1.0, 2.0, -0.5], draws=6, seed=4)
    outputs, parameters = outputs_of(said), said["parameters"]
    assert outputs["names"] == list(v1["posterior"])
    assert outputs["mean"] == [one["mean"] for one in v1["posterior"].values()]
    assert outputs["sd"] == [one["sd"] for one in v1["posterior"].values()]
    quantiles = [list(one["quantiles"].values()) for one in v1["posterior"].values()]
    assert np.reshape(outputs["quantiles"], (2, 5)).tolist() == quantiles
    assert np.reshape(outputs["draws"], (6, 2)).T.tolist() == list(v1["draws"].values())
    assert json.loads(parameters["checks"]) == v1["checks"]
    assert json.loads(parameters["evidence"]) == v1["evidence"]
    assert parameters["trustworthy"] is v1["checks"]["trustworthy"]
    assert (parameters["state"], parameters["seed"]) == (v1["state"], v1["seed"])
    assert (said["model_name"], said["model_version"]) == (v1["model"]["name"], v1["model"]["version"])


def test_quantiles_say_their_levels(client: httpx.Client) -> None:
    """As a parameter of the tensor, since the specification has no place for them."""
    [quantiles] = infer(client, outputs=[{"name": "quantiles"}])["outputs"]
    levels = client.post("/v1/posterior", json={"judgments": []}).json()["posterior"]["risk_aversion"][
        "quantiles"
    ]
    assert quantiles["parameters"]["levels"].split(",") == list(levels)


def test_a_stream_may_change_its_protocol(client: httpx.Client) -> None:
    """The state of one is read by the other."""
    state = infer(client, [1.0])["parameters"]["state"]
    state = asked_of_v1(client, [2.0], state=state)["state"]
    said = infer(client, [-0.5], parameters={"state": state})
    assert json.loads(said["parameters"]["evidence"])["judgments"] == 3
    assert said["parameters"]["state"] == infer(client, [1.0, 2.0, -0.5])["parameters"]["state"]


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": [2]},
        {"shape": [2, 1]},
        {"shape": [2, 1], "data": [[json.dumps(judgment(1.0))], [json.dumps(judgment(0.5))]]},
    ],
)
def test_a_column_is_read_nested_or_flattened(client: httpx.Client, fields: dict[str, Any]) -> None:
    """Tensor data may be either; codecs write [n, 1]."""
    body = {"inputs": [tensor([judgment(1.0), judgment(0.5)], **fields)]}
    said = client.post(INFER, json=body).json()
    assert outputs_of(said)["mean"] == outputs_of(infer(client, [1.0, 0.5]))["mean"]


def test_no_judgments_are_the_prior(client: httpx.Client) -> None:
    """Shape [0]: r ~ N(0, 1)."""
    said = outputs_of(infer(client))
    assert said["mean"][0] == pytest.approx(0.0, abs=1e-5)
    assert said["sd"][0] == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("wanted", [["mean"], ["sd", "names"], ["draws", "quantiles"], ["mean", "mean"]])
def test_outputs_asked_for_are_given_in_their_order_and_no_others(
    client: httpx.Client, wanted: list[str]
) -> None:
    """Each once; with the parameters that other servers' clients add."""
    asked = [{"name": name, "parameters": {"binary_data": False}} for name in wanted]
    said = infer(client, [1.0], outputs=asked, parameters={"draws": 2, "binary_data_output": False})
    assert list(outputs_of(said)) == list(dict.fromkeys(wanted))


def test_none_named_are_all(client: httpx.Client) -> None:
    """An empty list, and null where a client writes it for what it leaves out."""
    for fields in ({"outputs": []}, {"outputs": None, "parameters": None, "id": None}):
        assert len(infer(client, **fields)["outputs"]) == 4


def test_id_is_echoed_and_the_requests_where_there_is_none(client: httpx.Client) -> None:
    """Whatever text it is."""
    assert infer(client, id="ä b/42")["id"] == "ä b/42"
    reply = client.post(INFER, json={"inputs": [tensor()]}, headers={"x-request-id": "mine"})
    assert reply.json()["id"] == reply.headers["x-request-id"] == "mine"


def test_one_version_may_be_named(client: httpx.Client) -> None:
    """The one there is."""
    reply = client.post(f"{VERSIONED}/infer", json={"inputs": [tensor()]})
    assert reply.json()["model_version"] == VERSION


@pytest.mark.parametrize(
    "path", ["/v2/models/other", "/v2/models/closed-form/versions/1", "/v2/models/%00%ff"]
)
@pytest.mark.parametrize("verb", ["", "/ready", "/infer"])
def test_other_models_and_versions_are_not_found(client: httpx.Client, path: str, verb: str) -> None:
    """404, with the name of the one there is."""
    body = {"inputs": [tensor()]}
    reply = client.post(path + verb, json=body) if verb == "/infer" else client.get(path + verb)
    document = assert_problem(reply, 404)
    assert document["type"].endswith("unknown-model")
    assert "closed-form" in document["error"] or VERSION in document["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nowhere", 404),
        ("POST", "/v2", 405),
        ("GET", INFER, 405),
        ("POST", INFER, 415),
    ],
)
def test_every_refusal_under_v2_also_carries_error(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    """As the protocol asks; the rest of the problem is as elsewhere."""
    document = assert_problem(client.request(method, path), status)
    jsonschema.validate(document, ERROR_RESPONSE)
    assert document["error"] == document["detail"]


def test_refusals_elsewhere_carry_no_error(client: httpx.Client) -> None:
    """/v22 is no path of the protocol."""
    for path in ("/nowhere", "/v22", "/v1/posterior"):
        assert "error" not in client.get(path).json()


def test_a_state_of_another_version_is_a_conflict(client: httpx.Client) -> None:
    """Where it stands in this request."""
    other = encode_state(Known(1, 1, 0, PlainSums(np.ones(2, np.float32))), model_tag("another"))
    reply = client.post(INFER, json={"inputs": [tensor()], "parameters": {"state": other}})
    assert "/parameters/state" in assert_problem(reply, 409)["error"]


def test_budget_is_kept(client: httpx.Client) -> None:
    """A microsecond is refused; nonsense is a bad header."""
    body = {"inputs": [tensor()]}
    infer(client)
    assert_problem(client.post(INFER, json=body, headers={"x-request-timeout-ms": "0.001"}), 504)
    assert_problem(client.post(INFER, json=body, headers={"x-request-timeout-ms": "soon"}), 400)


def test_nothing_is_ready_before_the_model_is_loaded(engine: Engine, serve: Serve) -> None:
    """503 with the reason, in `error` as well; the process lives."""
    may_load = threading.Event()

    def load() -> Engine:
        may_load.wait(30)
        return engine

    with serve(create_app(load), wait_until_ready=False) as (client, _):
        assert client.get("/v2/health/live").status_code == 200
        assert client.get("/v2").status_code == 200
        for path in ("/v2/health/ready", MODEL, f"{MODEL}/ready"):
            assert "being loaded" in assert_problem(client.get(path), 503)["error"]
        assert_problem(client.post(INFER, json={"inputs": [tensor()]}), 503)
        may_load.set()


def test_only_probes_are_open_without_the_token(engine: Engine, serve: Serve) -> None:
    """And the refusal is in the protocol's words."""
    gate = admission(host="0.0.0.0", loopback=False, token="t" * 24)  # noqa: S104 nothing listens there
    with serve(create_app(lambda: engine, admission=gate)) as (client, _):
        assert client.get("/v2/health/live").status_code == client.get("/v2/health/ready").status_code == 200
        for path in ("/v2", MODEL, f"{MODEL}/ready"):
            assert assert_problem(client.get(path), 401)["error"]
        headers = {"authorization": f"Bearer {'t' * 24}"}
        assert client.get(MODEL, headers=headers).status_code == 200


def test_requests_are_counted_by_route_whatever_the_model_is_called(engine: Engine, serve: Serve) -> None:
    """So that names that nobody has cannot fill the memory."""
    with serve(create_app(lambda: engine)) as (client, _):
        infer(client, [1.0])
        for n in range(5):
            client.get(f"/v2/models/m{n}")
        requests = "bayesian_verifier_http_requests_total"
        assert sample(client, requests, route="/v2/models/{name}/infer", status="200") == 1
        assert sample(client, requests, route="/v2/models/{name}", status="404") == 5
        assert sample(client, "bayesian_verifier_inference_duration_seconds_count") == 1
