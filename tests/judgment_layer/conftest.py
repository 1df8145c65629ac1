"""What tests of the Judgment Layer ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from layers import Awaited, Blocking, Make

from bayesian_verifier import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[Blocking, Awaited], ids=["blocking", "asyncio"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes layers that are closed at the end."""
    made: list[Blocking | Awaited] = []

    def make_one(*arguments: Any, **named: Any) -> Blocking | Awaited:  # noqa: ANN401
        made.append(request.param(*arguments, **named))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal that does not exist yet."""
    return Journal(tmp_path / "judgments.jsonl", fsync="never")
