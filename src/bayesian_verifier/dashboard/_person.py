"""What was believed of one person, by whom, and what did they answer? With the windows and epochs behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.dashboard._asked import MOST_POINTS, Range
from bayesian_verifier.dashboard._density import curve_of
from bayesian_verifier.dashboard._problems import NotThereError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.dashboard._cache import Cache

_MOST_WINDOWS = 500
_MOST_RECENT = 20
_HEAD = """
    SELECT any_value(subject), count(*), min(t), max(t), count(*) FILTER (t BETWEEN ? AND ?),
           count(*) FILTER (source <> 'verifier' AND t BETWEEN ? AND ?), count(policy)
    FROM judgments WHERE key = ?
"""
# the latest answer to a judgment holds; of more judgments than fit every so-many-th is shown, and the last
_POINTS = """
    WITH shown AS (
        SELECT *, row_number() OVER (ORDER BY t, writer, seq) AS n, count(*) OVER () AS of
        FROM judgments WHERE key = $key AND t BETWEEN $since AND $until
    ), kept AS (SELECT * FROM shown WHERE n = of OR n % CAST(ceil(of / $most) AS BIGINT) = 0),
    answers AS (
        SELECT judgment, arg_max(coalesce(feedback, ''), (t, writer, seq)) AS said,
               arg_max(coalesce(reward, 'nan'), (t, writer, seq)) AS reward
        FROM feedback WHERE judgment IN (SELECT id FROM kept) GROUP BY judgment
    )
    SELECT kept.id, kept.t, mean, sd, q05, q25, q50, q75, q95, source, reason, model_version, chosen, verdict,
           meta_comment, elapsed_ms, nullif(said, ''), CASE WHEN isnan(reward) THEN NULL ELSE reward END
    FROM kept LEFT JOIN answers ON answers.judgment = kept.id ORDER BY n
"""
_WINDOWS = """
    SELECT w.id, w.number, w.began, w.ended, w.mean, w.sd, w.informative, w.trustworthy, w.model_version, w.log_loss,
           h.statistic, h.alarm, h.change_began, h.moved, h.forward, h.backward, h.jensen_shannon, h.rate,
           h.parameter
    FROM windows w LEFT JOIN heard h ON h."window" = w.id
    WHERE w.key = ? AND w.ended BETWEEN ? AND ? ORDER BY w.ended DESC, w.number DESC LIMIT ?
"""
_EPOCHS = """
    SELECT e.id, e.t, e.since, e.reason, e.author, u.t, u.author, u.why
    FROM epochs e LEFT JOIN epochs_undone u ON u.epoch = e.id
    WHERE e.key = ? ORDER BY e.since DESC LIMIT ?
"""
_BEFORE = """
    SELECT t, mean, sd, q05, q25, q50, q75, q95, source FROM judgments
    WHERE key = ? AND t < ? AND mean IS NOT NULL ORDER BY t DESC, writer DESC, seq DESC LIMIT 1
"""
_POINT_NAMES = (
    *(
        "id",
        "t",
        "mean",
        "sd",
        "q05",
        "q25",
        "q50",
        "q75",
        "q95",
        "source",
        "reason",
        "model_version",
        "chosen",
    ),
    *("verdict", "meta_comment", "elapsed_ms", "feedback", "reward"),
)
_WINDOW_NAMES = (
    *(
        "id",
        "number",
        "began",
        "ended",
        "mean",
        "sd",
        "informative",
        "trustworthy",
        "model_version",
        "log_loss",
    ),
    *(
        "statistic",
        "alarm",
        "change_began",
        "moved",
        "forward",
        "backward",
        "jensen_shannon",
        "rate",
        "parameter",
    ),
)
_EPOCH_NAMES = ("id", "t", "from", "reason", "by", "undone", "undone_by", "why")
_LINES = ("t", "mean", "sd", "q05", "q25", "q75", "q95", "source", "reason", "feedback", "reward")
_SCORE = {
    "q05": -1.6448536269514722,
    "q25": -0.6744897501960817,
    "q75": 0.6744897501960817,
    "q95": 1.6448536269514722,
}


def person_document(cache: Cache, key: str, asked: Range) -> dict[str, Any]:
    """Everything of one person in a range of time. Raises NotThereError for a key nobody has."""
    (head,) = cache.rows(_HEAD, [*asked, *asked, key])
    subject, judgments, first, last, in_range, by_controller, by_policy = head
    if not judgments:
        raise NotThereError("nobody in the journal has this key; forgotten people have left it")
    values = {"key": key, "since": asked.since, "until": asked.until, "most": float(MOST_POINTS - 1)}
    points = [dict(zip(_POINT_NAMES, row, strict=True)) for row in cache.rows_named(_POINTS, values)]
    for one in points:
        completed(one)
    windows = _table(_WINDOW_NAMES, cache.rows(_WINDOWS, [key, *asked, _MOST_WINDOWS]))
    epochs = _table(_EPOCH_NAMES, cache.rows(_EPOCHS, [key, _MOST_WINDOWS]))
    return {
        "key": key,
        "subject": subject,
        "judgments": judgments,
        "first": first,
        "last": last,
        "in_range": in_range,
        "by_controller": by_controller,
        "by_policy": by_policy,
        "points": {name: [one[name] for one in points] for name in _LINES},
        "recent": points[: -_MOST_RECENT - 1 : -1],
        "windows": windows,
        "epochs": epochs,
        "now": _belief(points[-1]) if points else None,
        "before": _before(cache, key, points, windows, epochs),
    }


def completed(point: dict[str, Any]) -> None:
    """A belief of which only mean and sd are known gets the quantiles of a normal one, and says so."""
    point["normal"] = point["q05"] is None
    if point["normal"] and point["mean"] is not None:
        for name, z in _SCORE.items():
            point[name] = point["mean"] + z * point["sd"]
        point["q50"] = point["mean"]


def _before(
    cache: Cache,
    key: str,
    points: Sequence[dict[str, Any]],
    windows: Sequence[dict[str, Any]],
    epochs: Sequence[dict[str, Any]],
) -> dict[str, Any] | None:
    """What was believed before the last change; where there was none, at the beginning of what is shown."""
    if not points:
        return None
    changes = [(one["from"], "the evidence epoch") for one in epochs if one["undone"] is None]
    changes += [(one["change_began"], "the change that was noticed") for one in windows if one["alarm"]]
    shown = [one for one in changes if points[0]["t"] < one[0] <= points[-1]["t"]]
    if shown:
        since, what = max(shown)
        for row in cache.rows(_BEFORE, [key, since]):
            names = ("t", "mean", "sd", "q05", "q25", "q50", "q75", "q95", "source")
            point = dict(zip(names, row, strict=True))
            completed(point)
            return {**_belief(point), "what": f"before {what}"}
    return {**_belief(points[0]), "what": "at the beginning of the range"}


def _belief(point: dict[str, Any]) -> dict[str, Any]:
    if point["mean"] is None:
        return {"t": point["t"], "mean": None, "sd": None, "source": point["source"], "curve": None}
    quantiles = [point[name] for name in ("q05", "q25", "q50", "q75", "q95")]
    curve = curve_of(point["mean"], point["sd"], None if point["normal"] else quantiles)
    return {
        **{name: point[name] for name in ("t", "mean", "sd", "q05", "q25", "q75", "q95", "source")},
        "curve": curve._asdict(),
    }


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]
