"""What does a journal hold? Read by its contract alone: names of files, JSON, CRC-32; none of our code."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def files_of(path: Path) -> list[Path]:
    """Full segments by number, then the active file, those that are there."""
    form = re.compile(rf"{re.escape(path.stem)}\.(\d{{6,}}){re.escape(path.suffix)}")
    full = sorted(
        (int(found[1]), one) for one in path.parent.iterdir() if (found := form.fullmatch(one.name))
    )
    return [one for _, one in full] + ([path] if path.exists() else [])


def whole_lines(data: bytes) -> list[dict[str, Any]]:
    """The lines that end in a newline and whose checksum holds."""
    lines = []
    for line in data.split(b"\n")[:-1]:
        body, _, rest = line.rpartition(b',"crc":"')
        if rest == b'%08x"}' % zlib.crc32(body):
            lines.append(json.loads(line))
    return lines


def events(contents: list[bytes]) -> list[dict[str, Any]]:
    """Every whole line of a journal's files in order, but for those that only begin a file."""
    return [line for data in contents for line in whole_lines(data) if line["kind"] != "segment"]


def numbers_run_from_one(data: bytes) -> bool:
    """Whether every writer's numbers in a file are 1, 2, 3 …"""
    by_writer: dict[str, list[int]] = {}
    for line in whole_lines(data):
        by_writer.setdefault(line["writer"], []).append(line["seq"])
    return all(found == list(range(1, len(found) + 1)) for found in by_writer.values())
