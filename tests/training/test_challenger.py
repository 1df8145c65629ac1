"""A challenger from a real journal: it learns people's cases and their prior, and nothing becomes current."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from bayesian_verifier.artifact import ModelStore, read_manifest
from bayesian_verifier.commands._bars import Bars
from bayesian_verifier.commands._challenger import Asked, train_challenger
from bayesian_verifier.commands._meeting import Pair, gate_evidence
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.settings import PACKAGE
from bayesian_verifier.settings_file import read_table
from bayesian_verifier.simulators.lottery import LotterySimulator
from bayesian_verifier.training import TrainingSettings, inputs_of, priors_of, simulator_under, small
from retraining.events import Told, case
from training.test_fit import CONFIGS, settings

pytestmark = pytest.mark.timeout(900)  # one training, on a machine that may have other work
NAME = "bayesian-verifier"
SHIPPED = PACKAGE / "shipped_models"
LESSON = {"options": [option.model_dump(mode="json") for option in case().options], "chosen": 0}


def under(mean, sd):
    first, *others = LotterySimulator.parameters
    return (replace(first, prior_mean=mean, prior_sd=sd), *others)


def hurried():
    """A run of two steps from the shipped model's weights on, graded on a handful of people."""
    asked = settings(4, gate=100)
    whole = read_table(TrainingSettings, CONFIGS / "training.toml")
    pace = whole.challenger.model_copy(update={"steps": 2})
    return replace(
        asked,
        training=asked.training.model_copy(update={"network": whole.network, "challenger": pace}),
    )


@pytest.fixture(scope="module")
def challenged(tmp_path_factory):
    """A store with a champion, a journal of forty people, and what two trainings on it said."""
    place = tmp_path_factory.mktemp("challenged")
    store, asked = ModelStore(place / "models"), hurried()
    shutil.copytree(SHIPPED, store.root)
    champion = store.current(NAME)
    told = Told(place / "judgments.jsonl")
    for i in range(40):
        told.answered(f"p{i}", "approve" if i % 2 else "reject", of=case(8 + i % 7))
        told.window(f"p{i}", 1, 1.2, 0.5)
    told.answered("p0", of=case(0, sure=0))
    with Bars() as bars:
        wanted = Asked(told.journal.path, from_windows=True, prior=None, cold=False)
        line = train_challenger(wanted, asked, store, place / "work", bars)
        reseeded = replace(asked, training=asked.training.model_copy(update={"seed": 99}))
        again = train_challenger(wanted, reseeded, store, place / "work", bars)
    return store, champion, told, line, again, asked


def test_the_challenger_is_published_under_its_own_prior_and_is_not_current(challenged):
    store, champion, told, line, _, _ = challenged
    assert line["outcome"] == "challenger"
    assert store.current(NAME) == champion != line["version"]
    manifest = read_manifest(store.path(NAME, line["version"]))
    learned = manifest.training
    # all windows say 1.2 ± 0.5 under N(0.5, 1): y = (4.8 - 0.5)/3 without spread; a night moves by half an sd at most
    assert line["prior"]["fitted"]["mean"] == pytest.approx(4.3 / 3, abs=0.01)
    assert (line["prior"]["mean"], line["prior"]["sd"]) == (1.0, 0.8)
    assert priors_of(manifest) == under(1.0, 0.8)
    assert learned["begun_from"] == champion
    assert learned["journal"] == line["cases"]
    assert (line["cases"]["cases"], line["cases"]["dropped"]) == (40, 1)
    assert line["cases"]["until"] == told.events[-1].ts
    json.dumps(line, allow_nan=False)


def test_the_same_lessons_are_the_same_challenger_whatever_the_seed(challenged):
    *_, line, again, _ = challenged
    assert again["outcome"] == "unchanged"
    assert again["version"] == line["version"]


def test_its_meeting_with_the_champion_is_the_same_each_time_and_is_json(challenged):
    store, champion, told, line, _, asked = challenged
    graded = asked.evaluation.model_copy(update={"sets": 3, "calibration_sets": 2})
    pair = Pair.of(store, NAME, champion, line["version"])
    with Bars() as bars:
        before = gate_evidence(pair, told.journal.path, graded, bars)
        assert before["next_answers"]["answers"] == 0
        for _ in range(3):
            told.answered("new", of=case(9))
        after = gate_evidence(pair, told.journal.path, graded, bars)
    assert json.loads(json.dumps(after, allow_nan=False)) == after
    assert (after["champion"], after["challenger"]) == (champion, line["version"])
    assert after["seed"] == before["seed"]
    assert after["sealed"]["champion_kl"] != after["sealed"]["challenger_kl"]
    assert (after["next_answers"]["answers"], after["next_answers"]["people"]) == (3, 1)
    assert after["priors"]["challenger"][0] == ["risk_aversion", 1.0, 0.8]


@pytest.mark.parametrize("change", ["priors", "log", "mixture"])
def test_other_lessons_are_another_challenger(challenged, change):
    store, champion, _, _, _, asked = challenged
    manifest = read_manifest(store.path(NAME, champion))
    other = {
        "priors": under(0.6, 1.0),
        "log": parse_judgments([LESSON]),
        "mixture": replace(asked.mixture, ruin=0.0),
    }
    assert inputs_of(asked, manifest) != inputs_of(replace(asked, **{change: other[change]}), manifest)
    assert inputs_of(asked, manifest) != inputs_of(asked, manifest.model_copy(update={"version": "x"}))


def test_people_come_from_the_prior_that_was_asked_for():
    drawn = simulator_under("lottery", under(1.0, 0.5)).sample_prior(np.random.default_rng(0), 20_000)
    assert drawn[:, 0].mean() == pytest.approx(1.0, abs=4 * 0.5 / np.sqrt(20_000))
    assert drawn[:, 0].std() == pytest.approx(0.5, abs=0.015)
    assert simulator_under("lottery", None).parameters == LotterySimulator.parameters


@pytest.mark.parametrize("far", [(4.0, 1.0), (0.5, 2.0), (-3.0, 0.9)])
def test_a_prior_beyond_what_judgments_are_described_at_is_refused(far):
    with pytest.raises(CallerError, match="reaches beyond"):
        simulator_under("lottery", under(*far))


def test_a_small_run_keeps_the_gate():
    asked = settings(400, gate=3.0)  # never run
    less = small(asked)
    assert less.training.steps.count <= asked.training.small.steps
    assert less.evaluation.gate == asked.evaluation.gate
    strict = replace(
        asked,
        evaluation=asked.evaluation.model_copy(
            update={"gate": asked.evaluation.gate.model_copy(update={"typicality_error": 0.01})}
        ),
    )
    assert small(strict).evaluation.gate.typicality_error == asked.training.small.typicality_error
    assert less.evaluation.sets == asked.training.small.sets
