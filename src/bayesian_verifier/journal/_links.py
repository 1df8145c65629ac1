"""Are all files of a journal there, each as the next one says it was when it began?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.journal._audit import Finding
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._compacted import was_compacted
from bayesian_verifier.journal._growing import GrowingFile
from bayesian_verifier.journal._lines import SegmentLine, parse_line
from bayesian_verifier.journal._segments import Summary, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.journal._present import Present

_LONGEST_FIRST_LINE = 1 << 16


def broken_links(now: Present) -> Iterator[Finding]:
    """What is wrong with the order of a journal's files. Raises OSError."""
    files = [GrowingFile(place.path) for place in now.closed]
    if now.active is not None and now.active.size > 0:  # one that was only just made says nothing yet
        files.append(now.active)
    before: Path | None = None
    for file in files:
        problem = _problem(_first_line(file), before)
        if problem is not None:
            yield Finding(1, problem, file.path)
        before = file.path
        file.close()


def _first_line(file: GrowingFile) -> SegmentLine | None:
    first, _, _ = file.read(0, _LONGEST_FIRST_LINE).partition(b"\n")
    try:
        line = parse_line(first)
    except DamagedLineError:
        return None
    return line if isinstance(line, SegmentLine) else None


def _problem(first: SegmentLine | None, before: Path | None) -> str | None:
    if first is None:
        return (
            None if before is None else f"does not say which file came before it: {before.name}, or another"
        )
    said = first.before
    if before is None or said.name != before.name:
        return f"{said.name}, the file before it with {said.lines} lines, is missing"
    found = summary_of(before)
    expected = Summary(said.name, said.lines, said.bytes, said.sha256)
    if found == expected or was_compacted(before, expected):
        return None
    then = f"{said.name} had {said.lines} lines in {said.bytes} bytes when this file began"
    if found.bytes == said.bytes:
        return f"{then}, and other bytes now"
    return f"{then}, and has {found.lines} in {found.bytes} now"
