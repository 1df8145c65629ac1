"""Is a reply accepted exactly where it could be true?"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment_layer._connection import Reply
from bayesian_verifier.judgment_layer._outcome import meaning_of_reply
from bayesian_verifier.judgment_layer._reply import (
    Expected,
    InvalidReplyError,
    StaleStateError,
    read_answer,
    read_json,
)

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer import Posterior

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def reply_with(marginal: Any, status: int = 200, **parts: Any) -> Reply:  # noqa: ANN401 any JSON
    document = {
        "request_id": "r",
        "model": {"version": "m"},
        "posterior": {"risk_aversion": marginal},
        "evidence": {"judgments": 3, "informative": 2},
        "checks": {"trustworthy": True, "reasons": []},
    } | parts
    return Reply(status, {}, json.dumps(document).encode())


def read_posterior(reply: Reply, expected: Expected = Expected("r", 3)) -> Posterior:  # noqa: B008 a frozen value
    return read_answer(read_json(reply.body), reply, expected).posterior


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NUMBERS = st.floats() | st.integers(-20, 20) | _ANYTHING


@settings(deadline=None)
@given(mean=_NUMBERS, sd=_NUMBERS, quantiles=st.lists(_NUMBERS, min_size=5, max_size=5) | st.none())
def test_what_is_accepted_is_a_belief(mean: Any, sd: Any, quantiles: Any) -> None:  # noqa: ANN401
    """Finite numbers, sd > 0, five quantiles in order; everything else is refused as what it is."""
    named = None if quantiles is None else dict(zip(map(str, LEVELS), quantiles, strict=True))
    reply = reply_with({"mean": mean, "sd": sd, "quantiles": named})
    try:
        posterior = read_posterior(reply)
    except InvalidReplyError:
        return
    belief = posterior.belief
    assert all(type(number) is float and math.isfinite(number) for number in (belief.mean, *belief.quantiles))
    assert 0 < belief.sd <= 10
    assert abs(belief.mean) <= 10
    assert list(belief.quantiles) == sorted(belief.quantiles)


@settings(deadline=None)
@given(
    draws=st.lists(st.floats(-9, 9), min_size=2, max_size=200),
    tail=st.floats(0, 9),
)
def test_no_distribution_is_taken_for_impossible(draws: list[float], tail: float) -> None:
    """Mean, sd and quantiles of any draws, skewed and with far outliers, are believed."""
    values = np.array([*draws, tail])
    assume(values.std() > 1e-3)
    quantiles = dict(
        zip(map(str, LEVELS), np.quantile(values, LEVELS, method="inverted_cdf").tolist(), strict=True)
    )
    reply = reply_with({"mean": float(values.mean()), "sd": float(values.std()), "quantiles": quantiles})
    assert read_posterior(reply).belief.mean == float(values.mean())


@pytest.mark.parametrize("shift", [-6.0, 6.0])
def test_quantiles_of_somebody_else_are_noticed(shift: float) -> None:
    """Cantelli: no quantile at 0.95 lies more than √19 sd above the mean, none at 0.05 more below."""
    quantiles = {str(level): shift * 0.2 + level / 100 for level in LEVELS}
    with pytest.raises(InvalidReplyError, match="no distribution"):
        read_posterior(reply_with({"mean": 0.0, "sd": 0.2, "quantiles": quantiles}))


def test_a_problem_is_told_in_a_line() -> None:
    """Its detail, else its title, else the status; whatever the body is."""

    def said(body: bytes) -> str:
        return meaning_of_reply(Reply(422, {}, body), Expected("r", 3)).detail

    assert said(b'{"title":"t","detail":"d\\n e"}') == "HTTP 422: d e"
    assert said(b'{"title":"t"}') == "HTTP 422: t"
    assert [said(body) for body in (b"", b"[]", b"<html>", b"\xff", b"[" * 99_999, b"{}")] == ["HTTP 422"] * 6
    assert len(said(json.dumps({"detail": "x" * 10_000}).encode())) < 300


GOOD = {"mean": 0.5, "sd": 0.2, "quantiles": {str(level): 0.4 + level / 5 for level in LEVELS}}


@pytest.mark.parametrize(
    ("summed", "informative", "counts", "is_good"),
    [
        (0, 0, (3, 2), True),
        (2, 1, (3, 1), True),
        (2, 1, (3, 2), True),
        (2, 1, (3, 0), False),  # fewer than the state held
        (2, 1, (3, 3), False),  # more than the one new judgment can add
        (2, 1, (1, 1), False),  # the new one alone
        (3, 3, (3, 3), True),
        (3, 3, (3, 2), False),
    ],
)
def test_counts_go_on_from_the_state(
    summed: int, informative: int, counts: tuple[int, int], is_good: bool
) -> None:
    """Judgments are those in the state and those sent; informative ones grow by no more than was sent."""
    reply = reply_with(GOOD, evidence={"judgments": counts[0], "informative": counts[1]})
    expected = Expected("r", 3, summed, informative, "m")
    if is_good:
        assert read_posterior(reply, expected).informative == counts[1]
    else:
        with pytest.raises(InvalidReplyError, match="expected"):
            read_posterior(reply, expected)


def test_a_posterior_of_another_model_than_gave_the_state_is_none() -> None:
    """Whatever its counts."""
    for evidence in ({"judgments": 3, "informative": 2}, {"judgments": 1, "informative": 1}):
        reply = reply_with(GOOD, evidence=evidence, model={"version": "n"})
        with pytest.raises(StaleStateError, match="n from sums of m"):
            read_posterior(reply, Expected("r", 3, 2, 1, "m"))


@pytest.mark.parametrize("state", [7, [], "A" * 32_769])
def test_a_state_is_text_of_at_most_32_kib(state: object) -> None:
    """Anything else breaks the contract; none at all does not."""
    with pytest.raises(InvalidReplyError, match="/state"):
        read_posterior(reply_with(GOOD, state=state))
    assert read_posterior(reply_with(GOOD, state="A" * 32_768)).informative == 2
    assert read_posterior(reply_with(GOOD, state=None)).informative == 2


@pytest.mark.parametrize(
    ("status", "errors", "is_stale"),
    [
        (409, None, True),
        (422, [{"pointer": "/state", "rule": "unreadable_state"}], True),
        (422, [{"pointer": "/judgments/0/chosen", "rule": "type"}], False),
        (422, "nonsense", False),
        (422, [None], False),
        (400, [{"pointer": "/state"}], False),
        (500, None, False),
    ],
)
def test_only_a_refusal_of_the_state_is_about_the_state(status: int, errors: object, is_stale: bool) -> None:
    """And only where one was sent."""
    reply = Reply(status, {}, json.dumps({"status": status, "errors": errors}).encode())
    assert meaning_of_reply(reply, Expected("r", 3, 2, 1, "m")).is_stale == is_stale
    assert not meaning_of_reply(reply, Expected("r", 3)).is_stale
