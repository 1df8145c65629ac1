"""No body on earth gets a 5xx from the Open Inference Protocol either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.bodies import ANYTHING, CORPUS, JSON, NEARLY, SCALARS, assert_problem, no_number_is_missing
from serving.closed_form import judgment
from serving.open_inference import ERROR_RESPONSE, INFER, tensor

if TYPE_CHECKING:
    import httpx

GOOD = json.dumps(judgment(0.5))
DATA = "/inputs/0/data"


def asking(*inputs: object, **fields: object) -> dict[str, Any]:
    return {"inputs": list(inputs), **fields}


BROKEN = {
    "no inputs": ({}, "/inputs"),
    "inputs null": ({"inputs": None}, "/inputs"),
    "inputs an object": ({"inputs": tensor()}, "/inputs"),
    "no input": (asking(), "/inputs"),
    "two inputs": (asking(tensor(), tensor()), "/inputs"),
    "an input of null": (asking(None), "/inputs/0"),
    "another name": (asking(tensor(name="input0")), "/inputs/0/name"),
    "a list as name": (asking(tensor(name=["judgments"])), "/inputs/0/name"),
    "another type": (asking(tensor(datatype="FP64")), "/inputs/0/datatype"),
    "no shape": (asking({"name": "judgments", "datatype": "BYTES", "data": []}), "/inputs/0/shape"),
    "shape of another length": (asking(tensor(data=[GOOD])), "/inputs/0/shape"),
    "shape negative": (asking(tensor(shape=[-1], data=[GOOD])), "/inputs/0/shape"),
    "shape a row": (asking(tensor(shape=[1, 2], data=[GOOD, GOOD])), "/inputs/0/shape"),
    "shape empty": (asking(tensor(shape=[], data=[GOOD])), "/inputs/0/shape"),
    "shape of true": (asking(tensor(shape=[True], data=[GOOD])), "/inputs/0/shape"),
    "shape of fractions": (asking(tensor(shape=[1.0], data=[GOOD])), "/inputs/0/shape"),
    "shape beyond bounds": (asking(tensor(shape=[2**63], data=[GOOD])), "/inputs/0/shape"),
    "no data": (asking({"name": "judgments", "datatype": "BYTES", "shape": [0]}), DATA),
    "data a text": (asking(tensor(data=GOOD)), DATA),
    "a judgment as an object": (asking(tensor(shape=[1], data=[judgment(0.5)])), f"{DATA}/0"),
    "a number": (asking(tensor(shape=[2], data=[GOOD, 1])), f"{DATA}/1"),
    "nested in a row": (asking(tensor(shape=[1], data=[[GOOD]])), f"{DATA}/0"),
    "nested twice": (asking(tensor(shape=[1, 1], data=[[[GOOD]]])), f"{DATA}/0"),
    "half nested": (asking(tensor(shape=[2, 1], data=[GOOD, [GOOD]])), f"{DATA}/1"),
    "an empty text": (asking(tensor(shape=[1], data=[""])), f"{DATA}/0"),
    "a text that is no JSON": (asking(tensor(shape=[2], data=[GOOD, "{"])), f"{DATA}/1"),
    "NaN in a text": (asking(tensor(shape=[1], data=["NaN"])), f"{DATA}/0"),
    "two judgments in a text": (asking(tensor(shape=[1], data=[f"{GOOD},{GOOD}"])), f"{DATA}/0"),
    "a text that ends the list": (asking(tensor(shape=[1], data=[f'{GOOD}],"draws":1'])), f"{DATA}/0"),
    "a list as judgment": (asking(tensor(shape=[1], data=["[]"])), f"{DATA}/0"),
    "deep lists as judgment": (asking(tensor(shape=[1], data=["[" * 900 + "]" * 900])), f"{DATA}/0"),
    "money as reward": (asking(tensor([judgment(0.1), judgment(50.0)])), f"{DATA}/1"),
    "parameters a list": (asking(tensor(), parameters=[]), "/parameters"),
    "state a number": (asking(tensor(), parameters={"state": 1}), "/parameters/state"),
    "state an object": (asking(tensor(), parameters={"state": {}}), "/parameters/state"),
    "state unreadable": (asking(tensor(), parameters={"state": "***"}), "/parameters/state"),
    "draws too many": (asking(tensor(), parameters={"draws": 4097}), "/parameters/draws"),
    "draws a text": (asking(tensor(), parameters={"draws": "5"}), "/parameters/draws"),
    "draws true": (asking(tensor(), parameters={"draws": True}), "/parameters/draws"),
    "draws deep": (
        asking(tensor(), parameters={"draws": json.loads("[" * 200 + "]" * 200)}),
        "/parameters/draws",
    ),
    "seed negative": (asking(tensor(), parameters={"seed": -1}), "/parameters/seed"),
    "id a number": (asking(tensor(), id=42), "/id"),
    "outputs an object": (asking(tensor(), outputs={"name": "mean"}), "/outputs"),
    "an output nobody knows": (
        asking(tensor(), outputs=[{"name": "mean"}, {"name": "x"}]),
        "/outputs/1/name",
    ),
    "an output of null": (asking(tensor(), outputs=[None]), "/outputs/0/name"),
    "an output's name a list": (asking(tensor(), outputs=[{"name": ["mean"]}]), "/outputs/0/name"),
    "draws that were not asked for": (asking(tensor(), outputs=[{"name": "draws"}]), "/outputs/0/name"),
}


@pytest.mark.parametrize(("body", "pointer"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_a_rule_is_a_422_that_points_to_it(
    client: httpx.Client, body: dict[str, Any], pointer: str
) -> None:
    """Into this body, not into the one of /v1; in the protocol's words as well."""
    document = assert_problem(client.post(INFER, json=body), 422)
    jsonschema.validate(document, ERROR_RESPONSE)
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_the_way_inside_a_judgment_is_in_the_detail(client: httpx.Client) -> None:
    """A JSON pointer cannot go on inside a text."""
    document = assert_problem(client.post(INFER, json=asking(tensor([judgment(50.0)]))), 422)
    assert document["errors"][0]["detail"].startswith("/reward: ")


def test_no_more_than_32_errors_are_named(client: httpx.Client) -> None:
    """Of a hundred bad judgments, or of as many texts that are none."""
    for data in ([json.dumps(judgment(9.0))] * 100, ["{"] * 100):
        reply = client.post(INFER, json=asking(tensor(shape=[100], data=data)))
        assert len(assert_problem(reply, 422)["errors"]) == 32


def test_513_judgments_are_too_many(client: httpx.Client) -> None:
    """413, as elsewhere; 512 are not."""
    assert_problem(client.post(INFER, json=asking(tensor([judgment(0.1)] * 513))), 413)
    assert client.post(INFER, json=asking(tensor([judgment(0.1)] * 512))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b'{"inputs": [], "inputs": []}',
        b'{"inputs": [], "parameters": {"draws": 1, "draws": 2}}',
        b'{"inputs": [], "x": ' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"inputs": [], "x": "\\"", "y": ' + b"[" * 1010 + b"]" * 1010 + b"}",
        b'{"inputs": [], "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        json.dumps(asking(tensor(shape=[1], data=['{"chosen": 0, ' + GOOD[1:]]))).encode(),
    ],
)
def test_what_is_no_json_or_names_something_twice_is_a_400(client: httpx.Client, body: bytes) -> None:
    """Outside and inside a judgment's text; nesting that nothing of ours needs counts as no JSON."""
    assert_problem(client.post(INFER, content=body, headers=JSON), 400)


@pytest.mark.parametrize("body", [body for body, _ in CORPUS.values()], ids=CORPUS)
def test_bodies_of_v1_and_worse_are_refused(client: httpx.Client, body: bytes) -> None:
    """None of them is a request of this protocol; nor is it one as a judgment's text, unless it is a judgment."""
    reply = client.post(INFER, content=body, headers=JSON)
    assert reply.status_code in (400, 413, 422)
    jsonschema.validate(assert_problem(reply, reply.status_code), ERROR_RESPONSE)
    text = body.decode("utf-8", errors="replace")
    inside = client.post(INFER, json=asking(tensor(shape=[1], data=[text])))
    assert inside.status_code in (400, 413, 422)


TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("judgments") | SCALARS,
        "datatype": st.just("BYTES") | SCALARS,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | ANYTHING,
        "data": st.lists(NEARLY.map(json.dumps) | st.text() | ANYTHING, max_size=3) | ANYTHING,
    },
)
NEARLY_JUDGMENTS = st.lists(NEARLY | ANYTHING | st.just(judgment(0.5)), max_size=3).map(tensor)
REQUESTS = st.fixed_dictionaries(
    {"inputs": st.lists(NEARLY_JUDGMENTS, min_size=1, max_size=1) | st.lists(TENSORS, max_size=2) | ANYTHING},
    optional={
        "id": SCALARS,
        "parameters": ANYTHING
        | st.fixed_dictionaries(
            {},
            optional={"draws": SCALARS | st.integers(0, 4), "seed": SCALARS, "state": SCALARS, "x": ANYTHING},
        ),
        "outputs": ANYTHING
        | st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["names", "mean", "quantiles", "draws"]) | SCALARS}
            )
        ),
    },
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=REQUESTS | ANYTHING, ascii_only=st.booleans())
def test_any_json_is_answered_or_refused(client: httpx.Client, body: object, ascii_only: bool) -> None:
    """Whatever JSON can say; and a 200 holds nothing but finite numbers."""
    content = json.dumps(body, ensure_ascii=ascii_only).encode(errors="replace")
    reply = client.post(INFER, content=content, headers=JSON)
    assert reply.status_code in (200, 400, 413, 422), reply.text
    assert no_number_is_missing(reply.json())
    assert ("error" in reply.json()) is (reply.status_code != 200)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inside=st.binary(max_size=200))
def test_any_bytes_are_refused(client: httpx.Client, inside: bytes) -> None:
    """Alone, or inside a judgment's text."""
    reply = client.post(INFER, content=inside, headers=JSON)
    assert reply.status_code in (400, 422)
    body = (
        b'{"inputs": [{"name": "judgments", "datatype": "BYTES", "shape": [1], "data": ["' + inside + b'"]}]}'
    )
    assert client.post(INFER, content=body, headers=JSON).status_code in (400, 422)
