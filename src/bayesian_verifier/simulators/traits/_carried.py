"""How do judgments travel in a state, so that nothing of them is lost?

As JSON of what is evidence, deflated, and read back as strictly as judgments in a request.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from bayesian_verifier.judgment import Judgment

if TYPE_CHECKING:
    from collections.abc import Sequence

#: more than so many are known by their sums alone: what they cost grows with each
MOST_CARRIED = 128
#: characters of JSON that a state is read to
_LONGEST = 2**18
_EVIDENCE = {"wealth", "options", "chosen", "feedback", "reward", "verdict", "times_tried"}
#: its window, without a frame: a state has its own checksum
_WINDOW = -15


def carried(judgments: Sequence[Judgment], room: int) -> bytes | None:
    """Judgments in at most so many bytes; None where they have no room, or are too many."""
    if len(judgments) > MOST_CARRIED:
        return None
    text = _records().dump_json(
        list(judgments), include={"__all__": _EVIDENCE}, exclude_none=True, exclude_defaults=True
    )
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW)
    packed = packer.compress(text) + packer.flush()
    return packed if len(packed) <= room and len(text) <= _LONGEST else None


def read_carried(packed: bytes) -> tuple[Judgment, ...]:
    """What was carried. Raises ValueError for anything else."""
    unpacker = zlib.decompressobj(_WINDOW)
    try:
        text = unpacker.decompress(packed, _LONGEST + 1)
    except zlib.error as error:
        raise ValueError(f"expected deflated judgments: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("expected deflated judgments, and nothing else")
    try:
        judgments = _records().validate_json(text)
    except ValidationError as error:
        raise ValueError(f"expected judgments: {error.errors()[0]['msg']}") from error
    if len(judgments) > MOST_CARRIED:
        raise ValueError(f"expected at most {MOST_CARRIED} judgments, got {len(judgments)}")
    return tuple(judgments)


@cache
def _records() -> TypeAdapter[list[Judgment]]:
    return TypeAdapter(list[Judgment])
