"""Who is in the journal, and who may have changed? A page of a table of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.dashboard._asked import limit_of, offset_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.dashboard._cache import Cache

_ORDERS = {
    "attention": "alarms DESC, statistic DESC NULLS LAST, subject",
    "name": "lower(subject), subject",
    "recent": "last_t DESC, subject",
    "judgments": "judgments DESC, subject",
    "mean": "mean DESC NULLS LAST, subject",
}
_PEOPLE = """
    WITH last AS (
        SELECT key, any_value(subject) AS subject, count(*) AS judgments, max(t) AS last_t,
               arg_max(mean, (t, writer, seq)) AS mean, arg_max(sd, (t, writer, seq)) AS sd,
               arg_max(source, (t, writer, seq)) AS source, arg_max(coalesce(reason, ''), (t, writer, seq)) AS reason
        FROM judgments WHERE key IS NOT NULL GROUP BY key
    ), drift AS (
        SELECT key, count(*) AS windows, count(*) FILTER (alarm) AS alarms,
               arg_max(CASE WHEN alarm THEN 0 ELSE statistic END, t) AS statistic, max(t) FILTER (alarm) AS alarm_t
        FROM heard GROUP BY key
    )
    SELECT key, subject, judgments, last_t, mean, sd, source, reason, coalesce(windows, 0) AS windows,
           coalesce(alarms, 0) AS alarms, statistic, alarm_t, count(*) OVER () AS matching
    FROM last LEFT JOIN drift USING (key)
    WHERE contains(lower(subject), lower(?))
    ORDER BY {order} LIMIT ? OFFSET ?
"""
_NAMES = (
    *("key", "subject", "judgments", "last", "mean", "sd", "source", "reason", "windows", "alarms"),
    *("statistic", "alarmed"),
)


def people_document(cache: Cache, query: Mapping[str, str]) -> dict[str, Any]:
    """People whose names hold `find`, ordered by `order`; `matching` of them in all."""
    order = _ORDERS.get(query.get("order", ""), _ORDERS["attention"])
    limit, offset = limit_of(query, 50), offset_of(query)
    rows = cache.rows(_PEOPLE.format(order=order), [text_of(query, "find"), limit, offset])
    people = [dict(zip(_NAMES, row, strict=False)) for row in rows]
    for one in people:
        one["reason"] = one["reason"] or None
    return {"people": people, "matching": rows[0][-1] if rows else 0, "offset": offset, "limit": limit}
