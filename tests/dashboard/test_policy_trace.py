"""What the page says of a policy's decisions, and of what would have been decided, against the journal."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest

from bayesian_verifier.journal import Journal
from bayesian_verifier.judgment import Case
from bayesian_verifier.policy import Policy, PolicyChooser, Surroundings, trace_of
from bayesian_verifier.posterior import Belief
from dashboard.pages import key_of, lines_of, of_kind, served
from policy.policy_files import written


@pytest.fixture(scope="module")
def traced(example_files):
    """By subject: judgments that a policy ranked, each with its trace, oldest first."""
    lines = lines_of(example_files)
    traces = {one["judgment"]: one for one in of_kind(lines, "policy")}
    found = defaultdict(list)
    for one in of_kind(lines, "judgment"):
        if one["id"] in traces:
            found[one["subject"]].append((one, traces[one["id"]]))
    return found


@pytest.fixture(scope="module")
def somebody(traced):
    """Whoever has the most decisions."""
    return max(traced, key=lambda one: len(traced[one]))


def said_of(page, subject, **query):  # noqa: ANN003
    reply = page.client.get(f"/api/policy/{key_of(page, subject)}", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def certainty_equivalent(option, r):
    """What a lottery is worth to somebody whose relative risk aversion is r, in money."""
    payoffs, chances = (
        np.array([one[name] for one in option["outcomes"]]) for name in ("payoff", "probability")
    )
    if abs(r - 1) < 1e-9:
        return float(np.exp(chances @ np.log(payoffs)))
    return float((chances @ payoffs ** (1 - r)) ** (1 / (1 - r)))


def test_the_trace_of_a_person_is_the_journals(page, traced, somebody) -> None:
    """Beliefs, choices, asks, answers; and asked again the policy says the same each time."""
    answers = {
        one["judgment"]: one["feedback"]
        for one in of_kind(lines_of(page.dashboard._cache.journal.parent), "feedback")
    }
    document = said_of(page, somebody)
    points = document["points"]
    assert document["decisions"] == len(traced[somebody]) == len(points["id"])
    for place, (judged, trace) in enumerate(traced[somebody]):
        assert points["id"][place] == judged["id"]
        assert points["mean"][place] == judged["posterior"]["mean"] == trace["belief"]["mean"]
        assert (points["choice"][place], points["ask"][place]) == (trace["choice"], trace["ask"])
        assert points["feedback"][place] == answers.get(judged["id"])
        assert (points["arm"][place], points["version"][place]) == ("policy", judged["policy"])
    assert points["same"] == [True] * len(points["id"])
    assert points["would_choose"] == points["choice"]
    assert document["differ"]["policy"] == document["differ"]["not_same"] == 0


def test_another_belief_is_what_the_policy_and_the_rule_make_of_it(page, traced, somebody) -> None:
    """The policy by its chooser at that belief; the rule by certainty equivalents in money."""
    chooser = PolicyChooser(Policy.shipped())
    for theta, sigma in ((-1.2, None), (2.2, 0.9), (None, 1.0)):
        query = {name: value for name, value in (("theta", theta), ("sigma", sigma)) if value is not None}
        points = said_of(page, somebody, **query)["points"]
        for place, (judged, trace) in enumerate(traced[somebody]):
            mean = judged["posterior"]["mean"] if theta is None else theta
            sd = judged["posterior"]["sd"] if sigma is None else sigma
            around = Surroundings.model_validate(trace["surroundings"])
            there = chooser.score(Case.model_validate(judged["case"]), Belief(mean, sd), around)
            assert (points["would_choose"][place], points["would_ask"][place]) == (there.choice, there.asks)
            logits = np.array(there.scores, float)
            chance = np.exp(logits[trace["choice"]]) / np.exp(logits).sum()
            assert points["would_chance"][place] == pytest.approx(chance, abs=1e-4)
            worth = [certainty_equivalent(option, mean) for option in judged["case"]["options"]]
            if abs(worth[0] - worth[1]) > 1e-6:
                assert points["rule"][place] == int(np.argmax(worth))


def test_one_decision_is_told_at_every_theta(page, traced, somebody) -> None:
    """The one that is asked for, the last by default; its grid agrees with asking for one θ*."""
    judged, trace = traced[somebody][2]
    one = said_of(page, somebody, at=judged["id"])["one"]
    assert (one["place"], one["id"], one["s"]) == (2, judged["id"], trace["s"])
    assert [option["outcomes"] for option in one["met"]["options"]] == [
        [[outcome["payoff"], outcome["probability"]] for outcome in option["outcomes"]]
        for option in judged["case"]["options"]
    ]
    grid = one["grid"]
    total = np.sum([row for row in grid["chances"] if row], axis=0) + np.array(grid["ask"] or 0)
    np.testing.assert_allclose(total, 1.0, atol=1e-4)
    place = grid["theta"].index(1.5)
    at_one = said_of(page, somebody, theta=1.5)["points"]
    chances = [row[place] for row in grid["chances"]]
    assert at_one["would_choose"][2] == int(np.argmax(chances))
    assert at_one["would_chance"][2] == pytest.approx(chances[trace["choice"]] / sum(chances), abs=1e-3)
    assert said_of(page, somebody)["one"]["place"] == len(traced[somebody]) - 1


def test_a_person_page_counts_what_a_policy_ranked(page, traced, somebody) -> None:
    """And nothing for whom none did."""
    assert page.get(f"people/{key_of(page, somebody)}")["by_policy"] == len(traced[somebody])
    others = [one for one in page.get("people?limit=200")["people"] if one["subject"] not in traced]
    assert page.get(f"people/{others[0]['key']}")["by_policy"] == 0
    assert page.client.get(f"/api/policy/{others[0]['key']}").status_code == 404


@pytest.mark.parametrize(
    "query", [{"theta": "1e9"}, {"sigma": "0"}, {"theta": "nan"}, {"sigma": "much"}, {"at": "a" * 201}]
)
def test_what_cannot_be_tried_is_refused(page, somebody, query) -> None:
    """A question out of range, whatever it is."""
    assert page.client.get(f"/api/policy/{key_of(page, somebody)}", params=query).status_code == 400


def test_a_policy_whose_file_is_elsewhere_is_shown_and_one_that_is_there_asked_again(tmp_path) -> None:
    """By the directory of the settings, which is looked into again; one whose lines were tampered with is told."""
    path = written(tmp_path / "mine.npz", 4)
    chooser, around = PolicyChooser(Policy.read(path)), Surroundings()
    case = {
        "options": [
            {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 9.0, "probability": 0.5}, {"payoff": 1.0, "probability": 0.5}]},
        ]
    }
    with Journal(tmp_path / "judgments.jsonl") as journal:
        for mean in (0.1, 0.9):
            scored = chooser.score(Case.model_validate(case), Belief(mean, 0.3), around)
            told = {
                "source": "verifier",
                "reason": None,
                "model_version": "m",
                "meta_comment": "",
                "more": {"policy": scored.policy},
            }
            judged = journal.append_judgment(
                subject="ada",
                case=Case.model_validate(case),
                chosen=0,
                verdict="proved",
                posterior=Belief(mean, 0.3),
                **told,
            )
            trace = trace_of(
                scored,
                judgment=judged,
                subject="ada",
                belief=Belief(mean, 0.3),
                source="verifier",
                surroundings=around,
            )
            journal.append("policy", trace | ({"s": "0" * 16} if mean > 0.5 else {}))
    with served(tmp_path) as page:
        page.read()
        document = said_of(page, "ada")
        assert document["policies"] == [{"version": chooser.policy.version, "there": False}]
        assert document["points"]["would_choose"] == [None, None]
        assert document["one"]["grid"] is None
    (tmp_path / "policies").mkdir()
    path.rename(tmp_path / "policies" / "mine.npz")
    (tmp_path / "policies" / "broken.npz").write_bytes(b"no policy")
    with served(tmp_path, policies=tmp_path / "policies") as page:
        page.read()
        document = said_of(page, "ada")
        assert document["policies"][0]["there"]
        assert document["points"]["same"] == [True, False]
        assert document["differ"]["not_same"] == 1
        assert json.dumps(document["one"]["met"]["options"][0]["outcomes"]) == "[[4.0, 1.0]]"
