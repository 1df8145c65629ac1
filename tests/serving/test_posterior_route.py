"""The posterior over HTTP against its closed form (see closed_form.py)."""

from __future__ import annotations

import math
import random
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from serving.closed_form import LOG_NOISE, LOG_NOISE_SD, VERSION, judgment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx


NOTHING_TO_CHECK = {
    "trustworthy": True,
    "typicality_p": None,
    "pareto_k": None,
    "effective_sample_size": None,
    "correction": {"applied": False, "shift_sd": None},
    "misfit": None,
    "unidentified": ["risk_aversion", "choice_noise"],
    "reasons": [],
    "unweighted": "no_evidence",
}


def ask(client: httpx.Client, rewards: Sequence[float] = (), **fields: object) -> dict[str, Any]:
    body = {"judgments": [judgment(reward) for reward in rewards], **fields}
    reply = client.post("/v1/posterior", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def without_clock(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name not in ("request_id", "timing_ms")}


def rewards_on_a_grid(n: int, seed: int) -> list[float]:
    """Multiples of 1/8: single precision adds them exactly, in any order."""
    return [random.Random(f"{seed}-{i}").randint(-24, 24) / 8 for i in range(n)]


@pytest.mark.parametrize("n", [1, 7, 8, 33, 129, 512])
def test_mean_and_sd_are_those_of_the_conjugate_normal_however_many(client: httpx.Client, n: int) -> None:
    """Given n rewards of sum s, r ~ N(s/(n+1), 1/(n+1))."""
    rewards = [random.Random(n).gauss(0.7, 1.0) for _ in range(n)]
    rewards = [max(-3.0, min(3.0, reward)) for reward in rewards]
    r = ask(client, rewards)["posterior"]["risk_aversion"]
    sd = 1 / math.sqrt(n + 1)
    assert r["mean"] == pytest.approx(sum(rewards) / (n + 1), abs=1e-3 * sd)
    assert r["sd"] == pytest.approx(sd, rel=1e-3)


@pytest.mark.parametrize("records", [[], [judgment(None)], [judgment(3.0, verdict="refuted")]])
def test_no_evidence_gives_the_prior_and_nothing_to_check(
    client: httpx.Client, records: list[dict[str, object]]
) -> None:
    """That is r ~ N(0, 1) and ln τ ~ N(ln 0.1, 0.5²); draws too, by Kolmogorov–Smirnov."""
    reply = client.post("/v1/posterior", json={"judgments": records, "draws": 4096, "seed": 2}).json()
    r, tau = reply["posterior"]["risk_aversion"], reply["posterior"]["choice_noise"]
    exact = stats.lognorm(s=LOG_NOISE_SD, scale=math.exp(LOG_NOISE))
    assert (r["mean"], r["sd"]) == (pytest.approx(0.0, abs=1e-5), pytest.approx(1.0, rel=1e-5))
    assert tau["mean"] == pytest.approx(exact.mean(), rel=1e-2)
    assert stats.kstest(reply["draws"]["risk_aversion"], stats.norm.cdf).statistic < 0.03
    assert stats.kstest(reply["draws"]["choice_noise"], exact.cdf).statistic < 0.03
    assert reply["checks"] == NOTHING_TO_CHECK


def test_quantiles_are_those_of_the_normal(client: httpx.Client) -> None:
    """Within a hundredth of an sd, by scipy's normal quantiles."""
    r = ask(client, [1.0, 2.0])["posterior"]["risk_aversion"]
    for level, value in r["quantiles"].items():
        assert (value - 1.0) * math.sqrt(3) == pytest.approx(stats.norm.ppf(float(level)), abs=0.01)


def test_noise_is_said_as_itself_not_as_its_logarithm(client: httpx.Client) -> None:
    """τ is log-normal: mean, sd and median by scipy."""
    tau = ask(client)["posterior"]["choice_noise"]
    exact = stats.lognorm(s=LOG_NOISE_SD, scale=math.exp(LOG_NOISE))
    assert tau["mean"] == pytest.approx(exact.mean(), rel=0.01)
    assert tau["sd"] == pytest.approx(exact.std(), rel=0.05)
    assert tau["quantiles"]["0.5"] == pytest.approx(exact.median(), rel=0.01)


def test_draws_are_joint_draws_of_the_posterior(client: httpx.Client) -> None:
    """Kolmogorov–Smirnov against the normal and the log-normal; and independent of each other."""
    draws = ask(client, [1.0, 0.5], draws=4096, seed=11)["draws"]
    r, tau = np.array(draws["risk_aversion"]), np.array(draws["choice_noise"])
    assert len(r) == len(tau) == 4096
    assert stats.kstest(r, stats.norm(0.5, 1 / math.sqrt(3)).cdf).pvalue > 1e-3
    assert stats.kstest(np.log(tau), stats.norm(LOG_NOISE, LOG_NOISE_SD).cdf).pvalue > 1e-3
    assert abs(stats.spearmanr(r, tau).statistic) < 0.06


def test_draws_come_from_the_seed_alone_and_more_begin_alike(client: httpx.Client) -> None:
    """The same seed gives the same draws, however many; another seed gives others."""
    few, many = ask(client, draws=3, seed=5), ask(client, draws=2000, seed=5)
    assert few["draws"]["risk_aversion"] == many["draws"]["risk_aversion"][:3]
    assert ask(client, draws=3, seed=6)["draws"] != few["draws"]


def test_a_seed_that_is_made_is_given_back_and_can_be_used_again(client: httpx.Client) -> None:
    """Without `seed` one is made; asking again with it gives the same draws."""
    first = ask(client, [0.3], draws=4)
    assert 0 <= first["seed"] < 2**53
    assert ask(client, [0.3], draws=4, seed=first["seed"])["draws"] == first["draws"]


def test_without_draws_there_is_neither_draw_nor_seed(client: httpx.Client) -> None:
    """Also when a seed is sent."""
    reply = ask(client, seed=5)
    assert (reply["draws"], reply["seed"]) == (None, None)


def test_summary_does_not_depend_on_draws_or_seed(client: httpx.Client) -> None:
    """Only `draws` and `seed` differ between the replies."""
    plain, drawn = ask(client, [0.2]), ask(client, [0.2], draws=100, seed=1)
    assert plain["posterior"] == drawn["posterior"]
    assert plain["state"] == drawn["state"]


@pytest.mark.parametrize("fields", [{}, {"draws": 7, "seed": 1}, {"draws": 4096, "seed": 1}])
def test_same_body_gives_same_bytes_but_for_id_and_clock(
    client: httpx.Client, fields: dict[str, int]
) -> None:
    """Twenty times, with other requests between."""
    asked = {"judgments": [judgment(reward) for reward in (0.1, -1.2, 2.0)], **fields}
    first = bytes_without_clock(client.post("/v1/posterior", json=asked))
    for n in range(20):
        ask(client, [0.5] * n, draws=n)
        assert bytes_without_clock(client.post("/v1/posterior", json=asked)) == first


def bytes_without_clock(reply: httpx.Response) -> bytes:
    """The bytes of a reply, with its id and its times cut out."""
    assert reply.status_code == 200
    timing = re.compile(rb'"timing_ms":\{[^}]*\}')
    assert len(timing.findall(reply.content)) == 1
    return timing.sub(b"", reply.content.replace(reply.json()["request_id"].encode(), b""))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 100), seed=st.integers(0, 99))
def test_answer_does_not_depend_on_the_order_of_judgments(client: httpx.Client, n: int, seed: int) -> None:
    """To the last digit, where sums are exact."""
    rewards = rewards_on_a_grid(n, seed)
    shuffled = random.Random(seed).sample(rewards, n)
    assert without_clock(ask(client, rewards, draws=3, seed=1)) == without_clock(
        ask(client, shuffled, draws=3, seed=1)
    )


def test_counts_are_disjoint_and_name_what_was_refuted(client: httpx.Client) -> None:
    """A refuted judgment is counted as refuted only; one without answer is neither."""
    records = [
        judgment(1.0),
        judgment(1.0, verdict="refuted"),
        judgment(None),
        judgment(None, verdict="refuted"),
    ]
    reply = client.post("/v1/posterior", json={"judgments": records}).json()
    assert reply["evidence"] == {"judgments": 4, "informative": 1, "refuted": 2}


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(0, 12), max_size=8), seed=st.integers(0, 99))
def test_a_stream_of_judgments_gives_the_posterior_of_the_batch(
    client: httpx.Client, sizes: list[int], seed: int
) -> None:
    """However it is cut: the same sums in the state, the same counts, the same mean."""
    rewards = rewards_on_a_grid(sum(sizes), seed)
    reply, done = ask(client), 0
    for size in sizes:
        reply = ask(client, rewards[done : done + size], state=reply["state"])
        done += size
    assert without_clock(reply) == without_clock(ask(client, rewards))
    mean = reply["posterior"]["risk_aversion"]["mean"]
    assert mean == pytest.approx(sum(rewards) / (len(rewards) + 1), abs=1e-3)


def test_a_judgment_without_answer_does_not_enter_the_state(client: httpx.Client) -> None:
    """Its answer comes later as a new judgment, and must not be counted twice."""
    before = ask(client, [1.0])
    after = client.post(
        "/v1/posterior", json={"judgments": [judgment(None)], "state": before["state"]}
    ).json()
    assert after["evidence"]["judgments"] == 2
    assert after["state"] == before["state"]


def test_more_evidence_than_trained_is_not_trusted(client: httpx.Client) -> None:
    """512 judgments are; one more, by way of the state, is not."""
    full = ask(client, [0.1] * 512)
    assert full["checks"]["trustworthy"] is True
    more = ask(client, [0.1], state=full["state"])
    assert more["checks"]["trustworthy"] is False
    assert more["checks"]["reasons"] == ["more_evidence_than_trained"]
    assert more["evidence"]["informative"] == 513


def test_reply_names_model_request_and_times(client: httpx.Client) -> None:
    """Body and headers agree; times are not negative."""
    raw = client.post("/v1/posterior", json={"judgments": []}, headers={"x-request-id": "abc-1"})
    reply = raw.json()
    assert reply["request_id"] == raw.headers["x-request-id"] == "abc-1"
    assert reply["model"] == {"name": "closed-form", "version": VERSION}
    assert raw.headers["x-model-version"] == VERSION
    assert all(reply["timing_ms"][name] >= 0 for name in ("queue", "inference"))


def test_what_a_simulator_without_a_likelihood_cannot_check_is_null(client: httpx.Client) -> None:
    """With evidence, too, and it is said why; that is no reason for distrust."""
    expected = NOTHING_TO_CHECK | {"unidentified": ["choice_noise"], "unweighted": "no_likelihood"}
    assert ask(client, [1.0, 2.0])["checks"] == expected
