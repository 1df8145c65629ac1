"""A model with more parameters than two, served: its joint posterior against quadrature."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import Question, answer, compile_engine, create_app, reply
from bayesian_verifier.training import joint_posterior
from reference import traits as reference
from serving.untrained import SIMULATOR, untrained_model

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

NAMES = [p.name for p in SIMULATOR.parameters]


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Compiled once."""
    return compile_engine(untrained_model(), SIMULATOR, points=1024)


def rows(*, counted: bool) -> list[dict[str, Any]]:
    """Six answers to a sure amount or a lottery."""
    made = []
    for i, (sure, p, chosen) in enumerate(
        [(20.0, 0.5, 0), (35.0, 0.4, 1), (8.0, 0.1, 1), (60.0, 0.9, 0), (45.0, 0.5, 0), (30.0, 0.7, 1)]
    ):
        risky = {"outcomes": [{"payoff": 100.0, "probability": p}, {"payoff": 1.0, "probability": 1 - p}]}
        one = {"outcomes": [{"payoff": sure, "probability": 1.0}]}
        row: dict[str, Any] = {"options": [one, risky], "chosen": chosen, "feedback": "approve"}
        made.append(row | ({"times_tried": [9, 0] if i % 2 else [0, 20]} if counted else {}))
    return made


def asked(engine: Engine, some: list[dict[str, Any]]) -> dict[str, Any]:
    """The reply about these judgments."""
    said = answer(Question(parse_judgments(some), None, 512, 3), engine, clock=lambda: 0.0, make_seed=int)
    return json.loads(reply(said, engine, request_id="a", queue_seconds=0.0))


def test_means_sds_and_correlations_are_those_of_quadrature(engine: Engine) -> None:
    """Of three traits and the noise together, in their own units."""
    some = rows(counted=True)
    found = asked(engine, some)
    exact = joint_posterior(SIMULATOR, parse_judgments(some), coarse=[13, 9, 9, 9], fine=[25, 17, 17, 17])
    natural = exact.points.copy()
    natural[:, 2:] = np.exp(natural[:, 2:])
    share = exact.weight.ravel()
    mean = share @ natural
    covariance = ((natural - mean) * share[:, None]).T @ (natural - mean)
    sd = np.sqrt(covariance.diagonal())
    for i, name in enumerate(NAMES):
        marginal = found["posterior"][name]
        assert marginal["mean"] == pytest.approx(mean[i], abs=0.1 * sd[i])
        assert marginal["sd"] == pytest.approx(sd[i], rel=0.1)
        for j, other in enumerate(NAMES):
            if j != i:
                told = found["correlations"][name][other]
                assert told == pytest.approx(covariance[i, j] / (sd[i] * sd[j]), abs=0.1)
    draws = np.stack([found["draws"][name] for name in NAMES], axis=1)
    assert draws.shape == (512, 4)
    assert np.abs(draws.mean(axis=0) - mean).max() < 5 * (sd / math.sqrt(512)).max()


def test_what_no_count_tells_of_is_said_to_be_unidentified(engine: Engine) -> None:
    """Without counts exploration is; with them it is not. Risk aversion is told either way."""
    without, with_them = (asked(engine, rows(counted=counted))["checks"] for counted in (False, True))
    assert "exploration" in without["unidentified"]
    assert "exploration" not in with_them["unidentified"]
    assert "risk_aversion" not in without["unidentified"]
    assert without["trustworthy"] is True


def test_the_layer_chooses_what_the_served_draws_say_is_worth_most(
    engine: Engine, serve: Serve, tmp_path: Path
) -> None:
    """Worths are averages over joint draws of the real service, by the reference's formulas."""
    some = rows(counted=True)
    with (
        serve(create_app(lambda: engine)) as (http, _),
        VerifierClient(str(http.base_url), 30.0) as client,
        Journal(tmp_path / "judgments.jsonl") as journal,
        JudgmentLayer(client, MetaJudgmentController(), journal, max_sd=2.0, history_timeout=10.0) as layer,
    ):
        for row in some:
            decision = layer.judge({key: row[key] for key in ("options", "times_tried")}, "ada")
            layer.feedback(decision.id, "approve" if decision.chosen == row["chosen"] else "reject")
        asked = {"options": some[3]["options"], "times_tried": [2, 5]}
        decision = layer.judge(asked, "ada")
        sent = [
            one.model_dump(mode="json", exclude_none=True, exclude={"id", "subject", "ts"})
            for one in journal.history("ada").judgments
        ]
        draws = http.post("/v1/posterior", json={"judgments": sent, "draws": 4096}).json()["draws"]
    assert decision.assessment.source == "verifier", decision.meta_comment
    traits = (np.array(draws[name]) for name in NAMES[:3])
    worths = reference.worths(asked | {"chosen": 0}, *traits)
    assert worths is not None
    assert decision.values == pytest.approx(worths.mean(axis=1), abs=0.02)
    assert decision.chosen == int(worths.mean(axis=1).argmax())
