"""Which columns do judgments, feedback and epochs have in a table, and what stands in them?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bayesian_verifier.journal._lines import EpochLine, EpochUndoneLine, FeedbackLine, JudgmentLine
from bayesian_verifier.posterior import QUANTILE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.journal._envelope import Line

_ENVELOPE: Final = {"id": "VARCHAR", "ts": "TIMESTAMPTZ", "writer": "VARCHAR", "seq": "BIGINT"}
_PLAIN: Final = (
    *("subject", "chosen", "verdict", "source", "reason", "model_version", "meta_comment", "epoch", "policy"),
)
_QUANTILES: Final = {str(level): f"q{round(100 * level):02d}" for level in QUANTILE_LEVELS}

# table → column → type, as DuckDB writes types
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "judgments": {
        **_ENVELOPE,
        "subject": "VARCHAR",
        "wealth_low": "DOUBLE",
        "wealth_high": "DOUBLE",
        "options": "STRUCT(outcomes STRUCT(payoff DOUBLE, probability DOUBLE)[])[]",
        "stake": "DOUBLE",
        "budget": "DOUBLE",
        "chosen": "INTEGER",
        "verdict": "VARCHAR",
        "mean": "DOUBLE",
        "sd": "DOUBLE",
        **dict.fromkeys(_QUANTILES.values(), "DOUBLE"),
        "source": "VARCHAR",
        "reason": "VARCHAR",
        "model_version": "VARCHAR",
        "meta_comment": "VARCHAR",
        "tried": 'STRUCT("option" INTEGER, verdict VARCHAR, rules VARCHAR[])[]',
        "values": "DOUBLE[]",
        "epoch": "VARCHAR",
        "policy": "VARCHAR",
        "experiment": "VARCHAR",
        "arm": "VARCHAR",
        "times_tried": "BIGINT[]",
        "others": "VARCHAR",
        "more": "VARCHAR",
    },
    "feedback": {
        **_ENVELOPE,
        "judgment": "VARCHAR",
        "feedback": "VARCHAR",
        "reward": "DOUBLE",
        "more": "VARCHAR",
    },
    "epochs": {
        **_ENVELOPE,
        "kind": "VARCHAR",
        "subject": "VARCHAR",
        "from": "TIMESTAMPTZ",
        "window": "VARCHAR",
        "reason": "VARCHAR",
        "epoch": "VARCHAR",
        "by": "VARCHAR",
        "why": "VARCHAR",
        "more": "VARCHAR",
    },
}


def row_of(event: Line) -> tuple[str, dict[str, object]] | None:
    """The table and the row of an event; None for one of another kind.

    more: members that this version does not know, as JSON, None where there are none.
    """
    if isinstance(event, JudgmentLine):
        return "judgments", _judgment(event)
    if isinstance(event, FeedbackLine):
        row = _row(event, ("judgment", "feedback", "reward"))
        return "feedback", row
    if isinstance(event, EpochLine):
        return "epochs", _row(event, ("kind", "subject", "window", "reason", "by")) | {"from": event.since}
    if isinstance(event, EpochUndoneLine):
        return "epochs", _row(event, ("kind", "epoch", "by", "why"))
    return None


def _judgment(event: JudgmentLine) -> dict[str, object]:
    low, high = event.case.wealth_range
    posterior, test = event.posterior, event.experiment
    quantiles = (posterior.quantiles if posterior is not None else None) or {}
    case = event.case.model_dump(mode="json")
    return {
        **_row(event, _PLAIN),
        "wealth_low": low,
        "wealth_high": high,
        "options": case["options"],
        "stake": event.case.stake,
        "budget": event.case.budget,
        "mean": None if posterior is None else posterior.mean,
        "sd": None if posterior is None else posterior.sd,
        **{column: quantiles.get(level) for level, column in _QUANTILES.items()},
        "experiment": None if test is None else test.name,
        "arm": None if test is None else test.arm,
        "tried": [one.model_dump(mode="json") for one in event.tried],
        "values": list(event.values),
        "times_tried": None if event.times_tried is None else list(event.times_tried),
        "others": _json({name: one.model_dump(mode="json") for name, one in (event.others or {}).items()}),
    }


def _row(event: Line, names: tuple[str, ...]) -> dict[str, object]:
    return {
        **{name: getattr(event, name) for name in (*_ENVELOPE, *names)},
        "more": _json(event.model_extra or {}),
    }


def _json(members: Mapping[str, object]) -> str | None:
    """None where there are none."""
    return json.dumps(members, sort_keys=True, ensure_ascii=False) if members else None
