"""Which judgments does a tensor hold?

`judgments` is BYTES [n], one JSON text each. [n, 1] is read as well: codecs of the protocol write columns.
"""

from __future__ import annotations

from typing import Any

import orjson

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.serving._json_types import json_type
from bayesian_verifier.serving._limits import MAX_JUDGMENTS
from bayesian_verifier.serving._problems import TooLargeError

TENSOR = "/inputs/0"
DATA = f"{TENSOR}/data"
EXPECTED = {"name": "judgments", "datatype": "BYTES"}


def broken(pointer: str, rule: str, detail: str) -> InvalidEvidenceError:
    """The refusal of a request that breaks one rule."""
    return InvalidEvidenceError([Violation(pointer, rule, detail)])


def judgment_texts(inputs: object) -> list[bytes]:
    """The texts in the one tensor of `inputs`, each valid JSON by itself.

    Raises TooLargeError for more than 512, InvalidEvidenceError for anything that is no such tensor.
    """
    tensor = _only_tensor(inputs)
    data = _flat(tensor.get("shape"), tensor.get("data"))
    faults = [fault for index, text in enumerate(data) if (fault := _fault(text, index)) is not None]
    if faults:
        raise InvalidEvidenceError(faults)
    return [text.encode() for text in data]


def _only_tensor(inputs: object) -> dict[str, Any]:
    if not isinstance(inputs, list):
        raise broken("/inputs", "type", f"expected a list of one tensor, got {json_type(inputs)}")
    if len(inputs) != 1:
        raise broken("/inputs", "length", f"expected one tensor, judgments, got {len(inputs)}")
    tensor = inputs[0]
    if not isinstance(tensor, dict):
        raise broken(TENSOR, "type", f"expected an object, got {json_type(tensor)}")
    for field, expected in EXPECTED.items():
        if tensor.get(field) != expected:
            raise broken(f"{TENSOR}/{field}", field, f"expected {expected}")
    return tensor


def _flat(shape: object, data: object) -> list[Any]:
    """The n elements of a tensor of shape [n] or [n, 1], written row by row or flattened."""
    if not isinstance(data, list):
        raise broken(DATA, "type", f"expected a list, got {json_type(data)}")
    count = len(data)
    if not isinstance(shape, list) or any(type(size) is not int for size in shape):
        raise broken(f"{TENSOR}/shape", "type", "expected a list of whole numbers")
    if shape not in ([count], [count, 1]):
        raise broken(f"{TENSOR}/shape", "shape", f"expected [{count}] or [{count}, 1], as `data` has {count}")
    if count > MAX_JUDGMENTS:
        raise TooLargeError(
            f"{DATA}: {count} judgments, at most {MAX_JUDGMENTS} a request: "
            "send them in parts, each with the state the part before gave back"
        )
    columns = len(shape) > 1 and all(isinstance(row, list) and len(row) == 1 for row in data)
    return [row[0] for row in data] if columns else data


def _fault(text: object, index: int) -> Violation | None:
    if not isinstance(text, str):
        return Violation(f"{DATA}/{index}", "type", f"expected a judgment's JSON text, got {json_type(text)}")
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        return Violation(f"{DATA}/{index}", "not_json", f"the text is not JSON: {exc}")
    return None
