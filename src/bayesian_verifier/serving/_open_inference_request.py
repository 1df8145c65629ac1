"""What does a request of the Open Inference Protocol ask, in the words of POST /v1/posterior?

The protocol (REST, version 2): https://github.com/kserve/open-inference-protocol. Its requests are open: what
a client adds for other servers is not read.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.serving._duplicates import duplicate_name
from bayesian_verifier.serving._json_types import json_type
from bayesian_verifier.serving._open_inference_tensor import DATA, broken, judgment_texts
from bayesian_verifier.serving._problems import NotJsonError, OtherModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUTS = ("names", "mean", "sd", "quantiles")
DRAWS = "draws"
PARAMETERS = ("state", DRAWS, "seed")


class InferenceRequest(NamedTuple):
    """One request of the protocol.

    id: the client's own, or None.   body: the same question as a body of POST /v1/posterior.
    outputs: names of the tensors wanted, in the client's order; all there are where it named none.
    """

    id: str | None
    body: bytes
    outputs: tuple[str, ...]


def read_inference(body: bytes) -> InferenceRequest:
    """Read a request; what its judgments and parameters say is left to `read_question`.

    Raises NotJsonError, TooLargeError (more than 512 judgments), and InvalidEvidenceError, whose pointers lead
    into this body.
    """
    content = _parsed(body)
    fields = [b'"judgments":[' + b",".join(judgment_texts(content.get("inputs"))) + b"]"]
    parameters = _parameters(content)
    fields += [b'"%s":%s' % (name.encode(), orjson.dumps(value)) for name, value in parameters.items()]
    identity = content.get("id")
    if not isinstance(identity, str | None):
        raise broken("/id", "type", f"expected a string, got {json_type(identity)}")
    offered = (*OUTPUTS, DRAWS) if parameters.get(DRAWS) else OUTPUTS
    return InferenceRequest(identity, b"{" + b",".join(fields) + b"}", _wanted(content, offered))


@contextmanager
def pointers_into_request() -> Iterator[None]:
    """Within, refusals of a question point into the request that it was made from.

    A judgment is a text there, so the way on inside it stands in the detail.
    """
    try:
        yield
    except InvalidEvidenceError as exc:
        raise InvalidEvidenceError([_translated(violation) for violation in exc.violations]) from exc
    except OtherModelError as exc:
        raise OtherModelError(str(exc).replace("/state", "/parameters/state", 1)) from exc


def _translated(violation: Violation) -> Violation:
    _, name, *inside = violation.pointer.split("/")
    if name != "judgments":
        return violation._replace(pointer=f"/parameters{violation.pointer}")
    where = "".join(f"/{token}" for token in inside[1:])
    return violation._replace(
        pointer=f"{DATA}/{inside[0]}", detail=f"{where}: {violation.detail}" if where else violation.detail
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise NotJsonError(str(exc)) from exc
    if not isinstance(content, dict):
        raise broken("", "type", f"expected an object, got {json_type(content)}")
    try:
        name = duplicate_name(body, content)
    except TypeError as exc:
        raise NotJsonError("it is nested too deeply") from exc
    if name is not None:
        raise NotJsonError(f"the name {name!r} appears twice in one object")
    return content


def _parameters(content: dict[str, Any]) -> dict[str, str | float]:
    """Those parameters of the request that are ours; the protocol allows strings, numbers and booleans."""
    given = content.get("parameters")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise broken("/parameters", "type", f"expected an object, got {json_type(given)}")
    ours = {name: given[name] for name in PARAMETERS if given.get(name) is not None}
    for name, value in ours.items():
        if not isinstance(value, str | int | float):
            detail = f"expected a string, number or boolean, got {json_type(value)}"
            raise broken(f"/parameters/{name}", "type", detail)
    return ours


def _wanted(content: dict[str, Any], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the outputs asked for, each once; all that are offered where none is named."""
    given = content.get("outputs")
    if given is None or given == []:
        return offered
    if not isinstance(given, list):
        raise broken("/outputs", "type", f"expected a list, got {json_type(given)}")
    names: dict[str, None] = {}
    for index, output in enumerate(given):
        name = output.get("name") if isinstance(output, dict) else None
        if name not in offered:
            hint = "" if DRAWS in offered else f"; {DRAWS!r} is one where the parameter {DRAWS!r} is above 0"
            expected = f"expected an output's name, one of {', '.join(offered)}{hint}"
            raise broken(f"/outputs/{index}/name", "unknown_output", expected)
        names[name] = None
    return tuple(names)
