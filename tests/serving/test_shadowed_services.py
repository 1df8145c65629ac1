"""Two real services over two models known in closed form: what the journal and the report say of both is what is so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.drift import chance_of_approval
from bayesian_verifier.journal import CandidateLine, Numbered, read_log
from bayesian_verifier.posterior import Belief
from bayesian_verifier.retraining import ShadowSettings, shadow_report
from bayesian_verifier.serving import compile_engine, create_app
from bayesian_verifier.settings import shipped_config
from bayesian_verifier.settings_file import read_table
from serving.closed_form import ClosedFormSimulator, Fault, closed_form_model, judgment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

OFF = Fault(shift=0.7, factor=1.5)
CASE = {"options": judgment()["options"]}
#: how either layer is made: whatever the service says is acted on, and nothing else is asked beside it
TRUSTING: dict[str, Any] = {"max_sd": 5.0, "shadow": 0.0, "history_timeout": 30.0}


@pytest.fixture(scope="module")
def candidate(serve: Serve) -> Iterator[str]:
    """A service whose network is off by 0.7 of the posterior's sd, and half as wide again."""
    other = compile_engine(
        closed_form_model("2026-02-02T00-00-00Z-0000", fault=OFF), ClosedFormSimulator(), points=1024
    )
    with serve(create_app(lambda: other)) as (client, _):
        yield str(client.base_url).rstrip("/")


def blocking(url: str, other: str, journal: Journal) -> None:
    """Eight judgments and their rewards, through the blocking layer."""
    with VerifierClient(url, 30.0) as served, VerifierClient(other, 30.0) as asked:
        layer = JudgmentLayer(served, MetaJudgmentController(), journal, candidate=asked, **TRUSTING)
        for number in range(8):
            layer.feedback(layer.judge(CASE, "ada").id, "approve", reward=0.1 * number)
        assert layer._core.candidate is not None
        assert layer._core.candidate.wait(30.0)
        layer.close()


def awaited(url: str, other: str, journal: Journal) -> None:
    """The same, through the layer for event loops."""

    async def ask() -> None:
        with VerifierClient(other, 30.0) as asked:
            served = aio.VerifierClient(url, 30.0)
            layer = aio.JudgmentLayer(served, MetaJudgmentController(), journal, candidate=asked, **TRUSTING)
            for number in range(8):
                await layer.feedback((await layer.judge(CASE, "ada")).id, "approve", reward=0.1 * number)
            assert layer._core.candidate is not None
            assert await asyncio.to_thread(layer._core.candidate.wait, 30.0)
            await layer.aclose()
            await served.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize("through", [blocking, awaited])
def test_the_report_finds_the_fault_that_was_built_in(
    client: httpx.Client,
    candidate: str,
    engine: Engine,
    tmp_path: Path,
    through: Callable[[str, str, Journal], None],
) -> None:
    """Shift and width of every question; KL of normals that far apart, worked out by hand."""
    path = tmp_path / "judgments.jsonl"
    with Journal(path, fsync="never") as journal:
        through(str(client.base_url).rstrip("/"), candidate, journal)
        assert journal.verify().findings == ()
    events = [one.event for one in read_log(path) if isinstance(one, Numbered)]
    lines = [one for one in events if isinstance(one, CandidateLine)]
    assert [one.evidence for one in lines] == list(range(8))
    total = 0.0
    for number, line in enumerate(lines):
        total += 0.1 * (number - 1) if number else 0.0
        exact = Belief(total / (number + 1), (number + 1) ** -0.5)
        assert line.served.posterior is not None
        assert line.served.posterior["risk_aversion"].mean == pytest.approx(exact.mean, abs=0.02)
        assert line.served.posterior["risk_aversion"].sd == pytest.approx(exact.sd, rel=0.02)
    settings = read_table(ShadowSettings, shipped_config("shadow.toml"))
    found = shadow_report(events, settings, chance_of_approval)
    assert found is not None
    assert found.versions == (engine.version, "2026-02-02T00-00-00Z-0000")
    risk = found.parameters["risk_aversion"]
    assert (risk.questions, found.candidate.answered) == (8, 8)
    # seven of eight: where nobody has answered yet a service says the prior, whatever its network would
    assert risk.shift == pytest.approx(0.7 * 7 / 8, abs=0.02)
    assert risk.width == pytest.approx(1.5 ** (7 / 8), rel=0.02)
    # KL(N(0, 1) ‖ N(0.7, 1.5²)) = ln 1.5 + (1 + 0.49)/(2·2.25) − 1/2
    assert risk.kl_forward == pytest.approx(0.2366 * 7 / 8, abs=0.01)
    assert found.next_answers["answers"] == 8
    assert found.judged.verdict == "HOLD"
