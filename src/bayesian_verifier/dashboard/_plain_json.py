"""How is JSON read that others wrote, so that it can be written again? What is not finite is nothing."""

from __future__ import annotations

import json
import math
from typing import Any


def read_json(text: str) -> Any:  # noqa: ANN401 JSON
    """The value of a text; NaN, Infinity and numbers beyond a float's range are None.

    Raises ValueError or RecursionError where it is not JSON.
    """
    return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None
