"""Which request would a reader of the documentation try first?"""

from __future__ import annotations

from typing import Any


def holt_laury_row(row: int, *, chosen: int) -> dict[str, Any]:
    """A judgment of row 1–10 of Holt and Laury's price list (2002): 0 is the safe option, 1 the risky one."""
    high, low = row / 10, (10 - row) / 10

    def lottery(best: float, worst: float) -> dict[str, Any]:
        outcomes = [{"payoff": best, "probability": high}, {"payoff": worst, "probability": low}]
        return {"outcomes": outcomes}

    return {"options": [lottery(2.0, 1.6), lottery(3.85, 0.1)], "chosen": chosen, "feedback": "approve"}


def safe_then_risky(safe: int) -> dict[str, Any]:
    """A request: someone approved the safe option in the first rows of the list and the risky one after."""
    rows = [holt_laury_row(row, chosen=0 if row <= safe else 1) for row in range(1, 11)]
    return {"judgments": rows}


REPLY: dict[str, Any] = {
    "request_id": "b0c7d1a8",
    "model": {"name": "bayesian-verifier", "version": "2026-11-23T10-00-00Z-1f3c"},
    "posterior": {
        "risk_aversion": {
            "mean": 0.61,
            "sd": 0.18,
            "quantiles": {"0.05": 0.33, "0.25": 0.49, "0.5": 0.6, "0.75": 0.72, "0.95": 0.92},
        },
        "choice_noise": {
            "mean": 0.07,
            "sd": 0.04,
            "quantiles": {"0.05": 0.02, "0.25": 0.04, "0.5": 0.06, "0.75": 0.09, "0.95": 0.15},
        },
    },
    "correlations": {"risk_aversion": {"choice_noise": -0.21}, "choice_noise": {"risk_aversion": -0.21}},
    "evidence": {"judgments": 10, "informative": 9, "refuted": 0},
    "checks": {
        "trustworthy": True,
        "typicality_p": 0.43,
        "pareto_k": 0.21,
        "effective_sample_size": 0.89,
        "correction": {"applied": True, "shift_sd": 0.02},
        "misfit": {"p": 0.37, "rival": "changed", "share": 0.41},
        "unidentified": [],
        "reasons": [],
        "unweighted": None,
    },
    "draws": None,
    "seed": None,
    "state": "QlZTMg",
    "timing_ms": {"queue": 0.02, "inference": 0.4},
}

PROBLEM: dict[str, Any] = {
    "type": "urn:bayesian-verifier:problem:invalid-evidence",
    "title": "The evidence breaks a rule",
    "status": 422,
    "detail": "/judgments/0/chosen: expected an index from 0 to 1, got 2 [chosen_range]",
    "errors": [
        {
            "pointer": "/judgments/0/chosen",
            "rule": "chosen_range",
            "detail": "expected an index from 0 to 1, got 2",
        }
    ],
}


def curl_lines(base: str, authorization: str | None) -> list[str]:
    """Two commands to try: is the service ready, and a posterior.

    base: what comes before the path.   authorization: a header, quoted for a shell, or None.
    """
    sign = "" if authorization is None else f" -H {authorization}"
    lottery = '{"outcomes":[{"payoff":%s,"probability":0.5},{"payoff":%s,"probability":0.5}]}'
    options = f"[{lottery % ('2.0', '1.6')},{lottery % ('3.85', '0.1')}]"
    body = f'{{"judgments":[{{"options":{options},"chosen":0,"feedback":"approve"}}]}}'
    return [
        f"curl -s{sign} {base}/health/ready",
        f"curl -s{sign} {base}/v1/posterior -H 'content-type: application/json' -d '{body}'",
    ]
