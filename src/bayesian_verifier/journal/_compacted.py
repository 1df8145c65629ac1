"""Is a file that differs from what the next one says of it only lacking what was forgotten on purpose?"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from bayesian_verifier.journal._codec import DamagedLineError, decode_line
from bayesian_verifier.journal._tombstones import KIND

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._segments import Summary


def was_compacted(file: Path, before: Summary) -> bool:
    """Whether this file was written again from the one that `before` describes, and not changed since.

    Its last line is a tombstone that describes what stands before it, and this or an earlier tombstone
    describes the file that there was. Raises OSError.
    """
    digest, lines, size = sha256(), 0, 0
    was: list[object] = []
    is_last = False
    with file.open("rb") as stream:
        for data in stream:
            is_last = False
            members = _tombstone(data)
            if members is not None:
                was.append(members.get("was"))
                now = {"lines": lines, "bytes": size, "sha256": digest.hexdigest()}
                is_last = members.get("now") == now
            digest.update(data)
            lines, size = lines + 1, size + len(data)
    return is_last and {"lines": before.lines, "bytes": before.bytes, "sha256": before.sha256} in was


def _tombstone(data: bytes) -> dict[str, object] | None:
    if f'"{KIND}"'.encode() not in data:
        return None
    try:
        members = decode_line(data.removesuffix(b"\n"))
    except DamagedLineError:
        return None
    return members if members.get("kind") == KIND else None
