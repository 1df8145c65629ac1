"""What did a policy make of one person's choices, and what would it have made of them with another belief?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayesian_verifier.dashboard._asked import Range, range_of, real_of, text_of
from bayesian_verifier.dashboard._person import completed
from bayesian_verifier.dashboard._problems import NotThereError
from bayesian_verifier.dashboard._what_if import met, over_the_grid, told, would
from bayesian_verifier.policy import chances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.dashboard._cache import Cache
    from bayesian_verifier.dashboard._policies import Policies
    from bayesian_verifier.dashboard._what_if import Met
    from bayesian_verifier.policy import Policy

#: decisions that are asked again at a time: the newest in the range
MOST_DECISIONS = 400
#: as near as two machines' sums of floats come
_NEAR = 1e-3
_HEAD = """
    SELECT any_value(j.subject), count(*), min(j.t), max(j.t), count(*) FILTER (j.t BETWEEN ? AND ?)
    FROM judgments j JOIN policies p ON p.judgment = j.id WHERE j.key = ?
"""
_DECISIONS = """
    WITH mine AS (
        SELECT j.*, p.policy AS version, p.s, p.surroundings, p.scores, p.ask_score, p.temperature, p.ask, p.choice
        FROM judgments j JOIN policies p ON p.judgment = j.id
        WHERE j.key = $key AND j.t BETWEEN $since AND $until
        ORDER BY j.t DESC, j.writer DESC, j.seq DESC LIMIT $most
    ), answers AS (
        SELECT judgment, arg_max(coalesce(feedback, ''), (t, writer, seq)) AS said,
               arg_max(coalesce(reward, 'nan'), (t, writer, seq)) AS reward
        FROM feedback WHERE judgment IN (SELECT id FROM mine) GROUP BY judgment
    )
    SELECT mine.id, mine.t, mean, sd, q05, q25, q50, q75, q95, source, reason, chosen, version, arm, ask, choice,
           nullif(said, ''), CASE WHEN isnan(answers.reward) THEN NULL ELSE answers.reward END,
           s, surroundings, scores, ask_score, temperature, met
    FROM mine LEFT JOIN answers ON answers.judgment = mine.id ORDER BY mine.t, mine.writer, mine.seq
"""
_SHOWN = (
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
        "chosen",
        "version",
        "arm",
    ),
    *("ask", "choice", "feedback", "reward"),
)
_NAMES = (*_SHOWN, "s", "surroundings", "scores", "ask_score", "temperature", "met")
_ASKED_AGAIN = ("chance", "would_choose", "would_ask", "would_chance", "rule", "same")


class WhatIf(NamedTuple):
    """Another belief: theta, sigma, each None for what was believed.

    at: id of the decision to look at, or nothing.
    """

    theta: float | None
    sigma: float | None
    at: str


def what_if_of(query: Mapping[str, str]) -> WhatIf:
    """`theta`, `sigma` and `at`. Raises BadQuestionError."""
    return WhatIf(
        real_of(query, "theta", -10.0, 10.0), real_of(query, "sigma", 0.001, 10.0), text_of(query, "at")
    )


def policy_document(cache: Cache, policies: Policies, key: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Decisions of one person in a range of time, oldest first. Raises NotThereError where there are none at all."""
    asked, other = range_of(query), what_if_of(query)
    ((subject, decisions, first, last, in_range),) = cache.rows(_HEAD, [*asked, key])
    if not decisions:
        raise NotThereError("no policy has chosen for anybody who has this key")
    points = _decisions(cache, key, asked)
    known = {version: policies.of(version) for version in {one["version"] for one in points}}
    for one in points:
        one.update(_asked_again(one, known[one["version"]], other))
    return {
        "key": key,
        "subject": subject,
        "decisions": decisions,
        "first": first,
        "last": last,
        "in_range": in_range,
        "theta": other.theta,
        "sigma": other.sigma,
        "policies": [_policy(version, policy) for version, policy in sorted(known.items())],
        "points": {name: [one[name] for one in points] for name in (*_SHOWN, *_ASKED_AGAIN)},
        "differ": _differ(points),
        "one": _one(points, known, other),
    }


def _decisions(cache: Cache, key: str, asked: Range) -> list[dict[str, Any]]:
    values = {"key": key, "since": asked.since, "until": asked.until, "most": MOST_DECISIONS}
    found = [dict(zip(_NAMES, row, strict=True)) for row in cache.rows_named(_DECISIONS, values)]
    for one in found:
        completed(one)
    return found


def _policy(version: str, policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"version": version, "there": False}
    about = policy.about
    return {"version": version, "there": True, "arm": about.arm, "environment": about.environment}


def _asked_again(one: dict[str, Any], policy: Policy | None, other: WhatIf) -> dict[str, Any]:
    """same: whether the policy, asked with what was believed, says what the journal says that it said."""
    nothing: dict[str, Any] = dict.fromkeys(_ASKED_AGAIN)
    seen = None if policy is None else _met(one)
    if policy is None or seen is None or one["mean"] is None:
        return nothing
    mean, sd = one["mean"], one["sd"]
    then = would(policy, seen, mean, sd, one["choice"])
    now = would(policy, seen, *_believed(one, other), one["choice"])
    same = seen.state.digest == one["s"] and (then.choice, then.asks) == (one["choice"], one["ask"])
    return {
        "chance": then.chance,
        "would_choose": now.choice,
        "would_ask": now.asks,
        "would_chance": now.chance,
        "rule": now.rule,
        "same": same and _near(one, then.chance),
    }


def _met(one: dict[str, Any]) -> Met | None:
    try:
        return met(one["met"], one["surroundings"])
    except ValueError:  # a line of the form of a decision that holds none
        return None


def _believed(one: dict[str, Any], other: WhatIf) -> tuple[float, float]:
    return (
        one["mean"] if other.theta is None else other.theta,
        one["sd"] if other.sigma is None else other.sigma,
    )


def _near(one: dict[str, Any], chance: float | None) -> bool:
    """Whether the scores in the journal give the same chance to the option chosen."""
    if chance is None:
        return one["choice"] is None
    scores = np.array([-np.inf if score is None else score for score in one["scores"]])
    return abs(float(chances(scores / one["temperature"])[one["choice"]]) - chance) < _NEAR


def _differ(points: list[dict[str, Any]]) -> dict[str, int]:
    """At how many decisions the policy, its asking or the rule would be another than what was."""
    asked = [one for one in points if one["would_choose"] is not None]
    return {
        "of": len(asked),
        "policy": sum(one["would_choose"] != one["choice"] for one in asked),
        "asks": sum(one["would_ask"] for one in asked),
        "asked": sum(one["ask"] for one in asked),
        "rule": sum(one["rule"] != one["choice"] for one in asked),
        "not_same": sum(one["same"] is False for one in asked),
    }


def _one(
    points: list[dict[str, Any]], known: Mapping[str, Policy | None], other: WhatIf
) -> dict[str, Any] | None:
    """The decision that is looked at, the last by default: the choice, and what the policy makes of it at any θ*."""
    if not points:
        return None
    place = next((i for i, one in enumerate(points) if one["id"] == other.at), len(points) - 1)
    one = points[place]
    policy, seen = known[one["version"]], _met(one)
    shared = {
        "place": place,
        **{name: one[name] for name in (*_SHOWN, "s", "scores", "ask_score", "temperature")},
    }
    if seen is None:
        return {**shared, "met": None, "grid": None}
    grid = None
    if policy is not None and seen.state.indices and one["sd"] is not None:
        grid = over_the_grid(policy, seen, _believed(one, other)[1])
    return {**shared, "met": told(seen), "grid": grid}
