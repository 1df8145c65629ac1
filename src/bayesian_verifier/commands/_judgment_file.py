"""Which judgments does a file hold?"""

from __future__ import annotations

import json
from typing import Any

from bayesian_verifier.errors import CallerError


def judgments_in(content: bytes, subject: str | None = None) -> list[Any]:
    """Decoded judgments: of an object with `judgments`, a list of them, a single one, or one a line.

    subject: only judgments of this `subject`.   Whether they are sound is not looked at.
    Raises CallerError when there is none to be read.
    """
    try:
        found = _whole(content)
    except (ValueError, RecursionError) as exc:
        raise CallerError(f"no judgments can be read: {exc}") from exc
    if subject is not None:
        found = [one for one in found if isinstance(one, dict) and one.get("subject") == subject]
        if not found:
            raise CallerError(f"no judgment of subject {subject!r}")
    return found


def _whole(content: bytes) -> list[Any]:
    try:
        whole = json.loads(content)
    except ValueError:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 a single line has just been read as a whole
            raise
        return [_line(line, number) for number, line in enumerate(lines, start=1)]
    if isinstance(whole, dict) and "judgments" in whole:
        whole = whole["judgments"]
    if isinstance(whole, dict):
        return [whole]
    if isinstance(whole, list):
        return whole
    raise CallerError("expected judgments: an object, a list, or one a line")


def _line(line: bytes, number: int) -> object:
    try:
        return json.loads(line)
    except ValueError as exc:
        raise CallerError(f"line {number} is not JSON: {exc}") from exc
