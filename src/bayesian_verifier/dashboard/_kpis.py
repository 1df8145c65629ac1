"""How quickly does it all go? Drift to alarm, alarm to challenger, challenger to promotion, a fault to its end."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bayesian_verifier.dashboard._ledger import Entry, entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.dashboard._cache import Cache

#: reasons that say something of the service, not of the person
FAULTS: Final = ("timeout", "unreachable", "server_error", "overloaded", "circuit_open", "invalid_reply")
_MOST = 400
_DRIFT = "SELECT count(*), count(*) FILTER (alarm), count(DISTINCT key), count(DISTINCT key) FILTER (alarm) FROM heard"
_TO_ALARM = "SELECT t - change_began FROM heard WHERE alarm ORDER BY t DESC LIMIT ?"
# a fault lasts from the first judgment that says so to the next that the service answered; those without it that
# follow each other are as far from their number among all as from their number among themselves
_FAULTS = f"""
    WITH numbered AS (
        SELECT t, elapsed_ms, coalesce(reason IN {FAULTS}, false) AS away,
               row_number() OVER (ORDER BY t, writer, seq) AS n
        FROM judgments
    ), without AS (SELECT *, n - row_number() OVER (ORDER BY n) AS run FROM numbered WHERE away),
    faults AS (
        SELECT min(t) AS began, max(t) AS last, count(*) AS judgments, arg_min(elapsed_ms, n) AS fallback_ms,
               max(n) AS n
        FROM without GROUP BY run ORDER BY began DESC LIMIT 20
    )
    SELECT began, last, judgments, fallback_ms, numbered.t FROM faults
    LEFT JOIN numbered ON numbered.n = faults.n + 1 ORDER BY began DESC
"""  # noqa: S608 constants


def kpis_document(cache: Cache) -> dict[str, Any]:
    """Over all there is. Times in milliseconds; None where it has not happened yet."""
    ((windows, alarms, people, changed),) = cache.rows(_DRIFT)
    noticed = [value for (value,) in cache.rows(_TO_ALARM, [_MOST])]
    kinds = ("alarm", "training_started", "training_ended", "promotion")
    found = list(reversed(entries(cache, kinds, 4 * _MOST)))
    faults = [
        dict(zip(("began", "last", "judgments", "fallback_ms", "back"), row, strict=True))
        for row in cache.rows(_FAULTS)
    ]
    return {
        "windows": windows,
        "alarms": alarms,
        "people": people,
        "changed": changed,
        "change_to_alarm": _median(noticed),
        "alarm_to_challenger": _median(alarm_to_challenger(found)),
        "challenger_to_promotion": _median(challenger_to_promotion(found)),
        "fault_to_back": _median([one["back"] - one["began"] for one in faults if one["back"] is not None]),
        "faults": faults,
    }


def alarm_to_challenger(found: Sequence[Entry]) -> list[float]:
    """From the last alarm before a training that drift asked for to its challenger. Oldest first."""
    last: float | None = None
    pending: dict[object, float] = {}
    times = []
    for one in found:
        run = one.members.get("run")
        if one.kind == "alarm":
            last = one.t
        elif one.kind == "training_started" and one.members.get("reason") == "drift" and last is not None:
            pending[run] = last
        elif one.kind == "training_ended" and one.members.get("challenger") and run in pending:
            times.append(one.t - pending.pop(run))
    return times


def challenger_to_promotion(found: Sequence[Entry]) -> list[float]:
    """From the end of a training to the promotion of what it made. Oldest first."""
    made: dict[object, float] = {}
    times = []
    for one in found:
        challenger = one.members.get("challenger")
        if one.kind == "training_ended" and challenger:
            made[challenger] = one.t
        elif one.kind == "promotion" and challenger in made:
            times.append(one.t - made.pop(challenger))
    return times


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
