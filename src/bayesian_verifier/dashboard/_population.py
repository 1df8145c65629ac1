"""How is everybody doing? Beliefs, drift, conflict, who answered and how fast, in buckets of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.dashboard._asked import MOST_POINTS, Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.dashboard._cache import Cache

#: buckets of time at most, and the widths a bucket may have, in ms
_MOST_BUCKETS = 100
_MINUTE, _HOUR, _DAY = 60_000.0, 3_600_000.0, 86_400_000.0
_WIDTHS = (
    *(
        1_000.0,
        5_000.0,
        15_000.0,
        _MINUTE,
        5 * _MINUTE,
        15 * _MINUTE,
        _HOUR,
        3 * _HOUR,
        6 * _HOUR,
        12 * _HOUR,
    ),
    *(_DAY, 2 * _DAY, 7 * _DAY, 28 * _DAY, 91 * _DAY, 364 * _DAY),
)
_MOST_ALARMS = 500
_BARS = 24
_EXTENT = "SELECT min(t), max(t), count(*) FROM judgments WHERE t BETWEEN ? AND ?"
_ANSWERS = """
    SELECT floor(t / $width) * $width AS bucket, count(*), count(*) FILTER (source <> 'verifier'),
           quantile_cont(elapsed_ms, 0.5), quantile_cont(elapsed_ms, 0.95), quantile_cont(elapsed_ms, 0.99),
           quantile_cont(sd, 0.5)
    FROM judgments WHERE t BETWEEN $since AND $until GROUP BY bucket ORDER BY bucket
"""
_REASONS = """
    SELECT floor(t / $width) * $width AS bucket, coalesce(reason, 'unknown'), count(*)
    FROM judgments WHERE t BETWEEN $since AND $until AND source <> 'verifier' GROUP BY ALL ORDER BY ALL
"""
_TOTALS = """
    SELECT source, coalesce(reason, ''), count(*) FROM judgments WHERE t BETWEEN ? AND ?
    GROUP BY ALL ORDER BY count(*) DESC LIMIT 40
"""
_LATENCY = """
    SELECT quantile_cont(elapsed_ms, [0.5, 0.95, 0.99]), count(elapsed_ms) FROM judgments WHERE t BETWEEN ? AND ?
"""
_DRIFT = """
    SELECT floor(h.t / $width) * $width AS bucket, count(*), quantile_cont(forward, 0.5), quantile_cont(forward, 0.9),
           quantile_cont(rate, 0.5), quantile_cont(rate, 0.9), max(statistic), avg(w.log_loss),
           count(*) FILTER (NOT w.trustworthy)
    FROM heard h JOIN windows w ON w.id = h."window" WHERE h.t BETWEEN $since AND $until GROUP BY bucket ORDER BY bucket
"""
_CONFLICT = """
    SELECT floor(t / $width) * $width AS bucket, count(*), quantile_cont(abs(difference), 0.5),
           quantile_cont(abs(difference), 0.9), count(*) FILTER (abs(difference) > 2), count(*) FILTER (other_choice)
    FROM shadows WHERE difference IS NOT NULL AND t BETWEEN $since AND $until GROUP BY bucket ORDER BY bucket
"""
# those closest to an alarm are shown where there are too many
_STATISTICS = """
    SELECT t, statistic, alarm FROM (
        SELECT t, statistic, alarm FROM heard WHERE t BETWEEN ? AND ? ORDER BY statistic DESC LIMIT ?
    ) ORDER BY t
"""
_ALARMS = """
    SELECT h.t, h.key, w.subject, w.number, h.statistic, h.moved, h.change_began, h.parameter FROM heard h
    JOIN windows w ON w.id = h."window" WHERE h.alarm AND h.t BETWEEN ? AND ? ORDER BY h.t DESC LIMIT ?
"""
_ALARM_NAMES = ("t", "key", "subject", "number", "statistic", "moved", "change_began", "parameter")
_MEANS = """
    SELECT key, arg_max(mean, (t, writer, seq)), arg_min(mean, (t, writer, seq)) FROM judgments
    WHERE key IS NOT NULL AND mean IS NOT NULL AND source = 'verifier' AND t BETWEEN ? AND ? GROUP BY key
"""


def population_document(cache: Cache, asked: Range, threshold: float) -> dict[str, Any]:
    """Everybody, in a range of time."""
    (extent,) = cache.rows(_EXTENT, asked)
    first, last, judgments = extent
    width = bucket_width(first, last) if judgments else _HOUR
    values = {"width": width, "since": asked.since, "until": asked.until}
    answers = cache.rows_named(_ANSWERS, values)
    drift, shadows = cache.rows_named(_DRIFT, values), cache.rows_named(_CONFLICT, values)
    (latency,) = cache.rows(_LATENCY, asked)
    totals = cache.rows(_TOTALS, asked)
    windows = sum(row[1] for row in drift)
    return {
        "first": first,
        "last": last,
        "judgments": judgments,
        "width": width,
        "threshold": threshold,
        "answers": _columns(("t", "judgments", "controller", "p50", "p95", "p99", "sd"), answers),
        "reasons": _reasons(cache.rows_named(_REASONS, values), [row[0] for row in answers]),
        "totals": [{"source": s, "reason": r or None, "judgments": n} for s, r, n in totals],
        "controller": sum(row[2] for row in totals if row[0] != "verifier"),
        "latency": {
            "judgments": latency[1],
            **dict(zip(("p50", "p95", "p99"), latency[0] or (), strict=False)),
        },
        "windows": windows,
        "untrustworthy": sum(row[8] for row in drift),
        "drift": _columns(("t", "windows", "kl", "kl_90", "rate", "rate_90", "greatest", "log_loss"), drift),
        "conflict": _columns(("t", "pairs", "apart", "apart_90", "conflicting", "other_choice"), shadows),
        "statistics": _columns(("t", "statistic", "alarm"), cache.rows(_STATISTICS, [*asked, MOST_POINTS])),
        "alarms": [
            dict(zip(_ALARM_NAMES, row, strict=True)) for row in cache.rows(_ALARMS, [*asked, _MOST_ALARMS])
        ],
        "means": means_of(cache.rows(_MEANS, asked)),
    }


def bucket_width(first: float, last: float) -> float:
    """The narrowest of the widths in ms of which MOST_BUCKETS hold everything."""
    return next(
        (one for one in _WIDTHS if (last - first) / one < _MOST_BUCKETS), (last - first) / _MOST_BUCKETS
    )


def means_of(rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """How many people have a mean in each of some bars of equal width: now, and at the beginning of the range."""
    if not rows:
        return {"edges": [], "now": [], "then": [], "people": 0}
    both = [value for row in rows for value in row[1:]]
    low, high = min(both), max(both)
    step = next(
        one for one in (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 1e300) if (high - low) / one < _BARS
    )
    start = step * (low // step)
    count = int((high - start) // step) + 1
    now, then = [0] * count, [0] * count
    for _, latest, earliest in rows:
        now[int((latest - start) // step)] += 1
        then[int((earliest - start) // step)] += 1
    edges = [round(start + step * i, 10) for i in range(count + 1)]
    return {"edges": edges, "now": now, "then": then, "people": len(rows)}


def _reasons(rows: Sequence[tuple[Any, ...]], buckets: Sequence[float]) -> dict[str, list[int]]:
    """Judgments by the controller: reason → how many in each bucket."""
    place = {bucket: i for i, bucket in enumerate(buckets)}
    found: dict[str, list[int]] = {}
    for bucket, reason, count in rows:
        found.setdefault(reason, [0] * len(buckets))[place[bucket]] = count
    return found


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
