"""What is there to see at all, and is anything wrong with it? The head of every view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.dashboard._kpis import FAULTS
from bayesian_verifier.journal import segments

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.dashboard._cache import Cache

#: so many judgments in a row without the service, and it is called away
_AWAY_AFTER = 3
_COUNTS = """
    SELECT count(*), count(DISTINCT key), min(t), max(t), (SELECT count(*) FROM feedback),
           (SELECT count(*) FROM windows), (SELECT count(*) FROM heard WHERE alarm)
    FROM judgments
"""
_LAST = "SELECT t, reason FROM judgments ORDER BY t DESC, writer DESC, seq DESC LIMIT 200"


def state_document(cache: Cache, *, decides: bool, pending: int) -> dict[str, Any]:
    """Counts, files, and whether the service answers. decides: whether a token is set.   pending: decisions."""
    version = cache.version
    ((judgments, people, first, last, feedback, windows, alarms),) = cache.rows(_COUNTS)
    return {
        "version": version.number,
        "reading": version.reading,
        "waiting": version.waiting,
        "judgments": judgments,
        "people": people,
        "first": first,
        "last": last,
        "feedback": feedback,
        "windows": windows,
        "alarms": alarms,
        "pending": pending,
        "decides": decides,
        "journal": _file("journal", cache.journal, cache, version.lines),
        "ledger": _file("ledger", cache.ledger, cache, version.ledger),
        "damaged": {
            "lines": cache.damaged_lines,
            "first": [
                {"file": one.file.name, "line": one.number, "why": one.reason} for one in cache.damaged
            ],
        },
        "service": _service(cache.rows(_LAST)),
    }


def _file(which: str, path: Path, cache: Cache, lines: int) -> dict[str, Any]:
    if which in cache.unreadable:
        return {"name": path.name, "state": "unreadable", "why": cache.unreadable[which], "lines": lines}
    try:
        exists = bool(segments(path))
    except OSError:
        exists = False
    return {"name": path.name, "state": "there" if exists else "absent", "lines": lines}


def _service(newest: list[tuple[Any, ...]]) -> dict[str, Any]:
    """As the newest judgments tell: away where several in a row had to do without."""
    without = 0
    for _, reason in newest:
        if reason not in FAULTS:
            break
        without += 1
    if without < _AWAY_AFTER:
        return {"state": "answers" if newest else "unknown"}
    return {"state": "away", "since": newest[without - 1][0], "reason": newest[0][1], "judgments": without}
