"""Which URLs, time limits, policies and trace ids does a client refuse?"""

from __future__ import annotations

from typing import Any

import pytest
from people import safe_times

from bayesian_verifier import VerifierClient
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer import BreakerPolicy

PEOPLE = safe_times(4)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8080",
        "https://127.0.0.1:8080",
        "http://",
        "http://127.0.0.1:99999",
        "http://user:pw@127.0.0.1",
        "http://127.0.0.1/?q=1",
        "http://127.0.0.1/\r\nx: y",
        "http://127.0.0.1/a b",
        "http://127.0.0.1:0",
        "http+unix://",
        "ftp://127.0.0.1",
        "http://127.0.0.1:8080/v1/posterior",
        "http://127.0.0.1:8080/v1/",
        None,
    ],
)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    """At once, with the forms that are known."""
    with pytest.raises(CallerError, match="http"):
        VerifierClient(url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"timeout": "50"},
        {"timeout": -1.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": 1e300},
        {"keep_alive": -1.0},
        {"keep_alive": float("nan")},
        {"max_reply_bytes": 0},
        {"token": "a b"},
        {"token": "a\r\nb"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(wrong: dict[str, Any]) -> None:
    """Before any call."""
    with pytest.raises(CallerError):
        VerifierClient("http://127.0.0.1", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {name: bad}
        for name in ("window", "open_for", "lease", "slow_after")
        for bad in (0.0, -1.0, float("nan"))
    ]
    + [{name: float("inf")} for name in ("window", "open_for", "lease")]
    + [{name: bad} for name in ("failure_rate", "slow_rate") for bad in (0.0, 1.1, float("nan"))]
    + [{"minimum_calls": 0}, {"failures_in_row": 0}],
)
def test_a_policy_that_could_never_open_or_never_close_is_refused(wrong: dict[str, Any]) -> None:
    """Infinite waits among them."""
    with pytest.raises(CallerError):
        BreakerPolicy(**wrong)


def test_a_trace_id_is_checked() -> None:
    """It goes into headers."""
    with pytest.raises(CallerError, match="trace id"):
        VerifierClient().posterior(PEOPLE, trace_id="x\r\ny: z")
    with pytest.raises(CallerError, match="trace id"):
        VerifierClient().posterior(PEOPLE, trace_id="0" * 32)
