"""May threads, tasks and forked processes share a layer?"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from faulty_server import (
    FaultyServer,
    answering,
)
from layers import CASE, PROVER, Blocking, judgments_in
from people import forks

from bayesian_verifier import Journal, aio

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.judgment_layer import Decision


def test_threads_judge_side_by_side(journal: Journal) -> None:
    """Six threads, one layer: every judgment recorded once, each with its own trace."""
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, journal, 5.0)
        decisions: list[Decision] = []

        def work(subject: str) -> None:
            for _ in range(10):
                decision = layer.judge(CASE, subject)
                layer.feedback(decision.id, "approve")
                decisions.append(decision)

        threads = [threading.Thread(target=work, args=(f"person {number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        layer.close()
    assert sorted(line.id for line in judgments_in(journal)) == sorted(decision.id for decision in decisions)
    assert len({decision.assessment.trace_id for decision in decisions}) == 60
    assert {len(journal.history(f"person {number}").judgments) for number in range(6)} == {10}


def test_tasks_judge_side_by_side(journal: Journal) -> None:
    """Thirty judgments at once in one event loop."""

    async def main(url: str) -> list[Decision]:
        async with (
            aio.VerifierClient(url, 10.0) as client,
            aio.JudgmentLayer(client, aio.MetaJudgmentController(), journal, prover=PROVER) as layer,
        ):
            return await asyncio.gather(*(layer.judge(CASE, "ada") for _ in range(30)))

    with FaultyServer(answering()) as server:
        decisions = asyncio.run(main(server.url))
    assert sorted(line.id for line in judgments_in(journal)) == sorted(decision.id for decision in decisions)


@forks
def test_a_forked_child_goes_on_with_the_layer(tmp_path: Path) -> None:
    """What waits to be written is the parent's; the child judges, records and asks by itself."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, journal)
        layer.judge(CASE, "ada")
        journal.path.parent.mkdir()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if layer.judge(CASE, "ada").recorded else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        layer.judge(CASE, "ada")
        layer.close()
    audit = journal.verify()
    assert audit.whole
    assert sorted(audit.writers.values()) == [1, 2]
