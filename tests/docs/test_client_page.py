"""Does the page of the client say what the client is?"""

from __future__ import annotations

import dataclasses
import inspect
from typing import get_args

import pytest
from documentation import page, table_under

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy, Failure

PAGE = page("docs/client.md")
SHOWN_OTHERWISE = {"breaker": "below", "clock": "`time.monotonic`", "lookup": "`socket.getaddrinfo`"}


@pytest.mark.parametrize("client", [VerifierClient, aio.VerifierClient])
def test_every_argument_of_the_client_is_there_with_its_default(client: type) -> None:
    """Of the blocking client and of its twin."""
    signature = inspect.signature(client)
    told = {row[0]: row[1].strip("`") for row in table_under(PAGE, "## Arguments")}
    expected = {
        name: SHOWN_OTHERWISE.get(name, str(argument.default)).strip("`")
        for name, argument in signature.parameters.items()
    }
    assert told == expected


def test_every_field_of_the_policy_is_there_with_its_default() -> None:
    """In the order they have."""
    told = [(row[0], row[1]) for row in table_under(PAGE, "## The breaker")]
    assert told == [(field.name, str(field.default)) for field in dataclasses.fields(BreakerPolicy)]


def test_every_failure_has_a_line() -> None:
    """And no line has a reason that there is not."""
    assert {row[1].strip("`") for row in table_under(PAGE, "## What happens when")} == {
        *get_args(Failure),
        "–",
    }
