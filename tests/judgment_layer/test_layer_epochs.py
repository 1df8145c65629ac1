"""Does somebody who changed get answers by what they said since, and by all of it once that is taken back?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, hang_up
from layers import EXACT, NEVER_OPEN, judgments_in
from people import holt_laury_case
from summing_server import Summing

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.judgment_layer import Fallback
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer import Assessment, Controller, Decision


class Layer:
    """A layer whose client keeps what the verifier has summed; blocking, or awaited."""

    def __init__(self, url: str, journal: Journal, *, in_a_loop: bool, controller: Controller | None) -> None:
        controller = controller or MetaJudgmentController()
        self.runner = asyncio.Runner() if in_a_loop else None
        asks: Any = aio if in_a_loop else None
        client = VerifierClient if asks is None else asks.VerifierClient
        layer = JudgmentLayer if asks is None else asks.JudgmentLayer
        self.client = client(url, 10.0, breaker=NEVER_OPEN, keep_state=True)
        self.layer = layer(self.client, controller, journal, **EXACT)

    def _done(self, found: Any) -> Any:  # noqa: ANN401
        return found if self.runner is None else self.runner.run(found)

    def assess(self) -> Assessment:
        return self._done(self.layer.assess("ada"))

    def judge(self, wealth: float) -> Decision:
        return self._done(self.layer.judge(holt_laury_case(6) | {"wealth": wealth}, "ada"))

    def live(self, *wealths: float) -> None:
        """Judgments that are answered; the wealth tells them apart."""
        for wealth in wealths:
            self._done(self.layer.feedback(self.judge(wealth).id, "approve"))

    def close(self) -> None:
        if self.runner is None:
            self.layer.close()
            self.client.close()
        else:
            self.runner.run(self.layer.aclose())
            self.runner.run(self.client.aclose())
            self.runner.close()


@pytest.fixture(params=[False, True], ids=["blocking", "asyncio"])
def make(request: pytest.FixtureRequest, journal: Journal) -> Iterator[Callable[..., Layer]]:
    """Makes layers on one journal that are closed at the end."""
    made: list[Layer] = []

    def make_one(url: str, controller: Controller | None = None) -> Layer:
        made.append(Layer(url, journal, in_a_loop=request.param, controller=controller))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


def open_epoch(journal: Journal, answer: int) -> str:
    """An epoch that begins with an answer, counted from 0."""
    answers = [one.event for one in journal.read() if one.event.kind == "feedback"]  # type: ignore[union-attr]
    fields = {"subject": "ada", "from": answers[answer].ts, "window": None, "reason": "asked", "by": "us"}
    return journal.append("epoch", fields)


def undo(journal: Journal, epoch: str) -> None:
    journal.append("epoch_undone", {"epoch": epoch, "by": "us", "why": None})


def test_only_later_answers_are_sent_and_all_of_them_again_when_it_is_undone(
    make: Callable[..., Layer], journal: Journal
) -> None:
    """What was summed before is not gone on from; what is summed since is."""
    service = Summing()
    with FaultyServer(service) as server:
        layer = make(server.url)
        layer.live(1.0, 2.0, 3.0, 4.0, 5.0)
        layer.assess()
        assert [one[0] for one in service.sums[-1]] == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert service.sent[-1] == 1
        epoch = open_epoch(journal, 3)
        assessed = layer.assess()
        assert [one[0] for one in service.sums[-1]] == [4.0, 5.0]
        assert (service.sent[-1], assessed.evidence, assessed.epoch) == (2, 2, epoch)
        assert "This person changed: what they answered before 2" in assessed.explanation
        layer.live(6.0)
        layer.assess()
        assert [one[0] for one in service.sums[-1]] == [4.0, 5.0, 6.0]
        assert service.sent[-1] == 1
        undo(journal, epoch)
        assessed = layer.assess()
        assert [one[0] for one in service.sums[-1]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        assert (assessed.evidence, assessed.epoch) == (6, None)
        assert "changed" not in assessed.explanation
    assert [one.epoch for one in judgments_in(journal)] == [None] * 5 + [epoch]


def test_what_was_trusted_of_who_they_were_is_not_gone_by(
    make: Callable[..., Layer], journal: Journal
) -> None:
    """By the process that trusted it, and by one that reads of it; until it counts again."""
    with FaultyServer(Summing()) as server:
        layer = make(server.url)
        layer.live(1.0, 2.0, 3.0)
        server.behaviour = hang_up
        assert "last trusted posterior" in layer.assess().explanation
        epoch = open_epoch(journal, 2)
        for one in (layer, make(server.url)):
            said = one.assess()
            assert said.source == "controller"
            assert "last trusted posterior" not in said.explanation
            assert "1 of 1 answers" in said.explanation
        undo(journal, epoch)
        for one in (layer, make(server.url)):
            assert "last trusted posterior" in one.assess().explanation


def test_what_is_trusted_since_is_gone_by(make: Callable[..., Layer], journal: Journal) -> None:
    """A posterior of the new epoch alone, which is no longer one when the epoch is undone."""
    with FaultyServer(Summing()) as server:
        layer = make(server.url)
        layer.live(1.0, 2.0)
        epoch = open_epoch(journal, 1)
        layer.live(3.0)
        server.behaviour = hang_up
        for one in (layer, make(server.url)):
            assert "last trusted posterior" in one.assess().explanation
        history = journal.history("ada")
        assert history.trusted is not None
        assert history.epoch is not None
        assert history.epoch.id == epoch
        made = judgments_in(journal)
        undo(journal, epoch)
        trusted = journal.history("ada").trusted
        assert trusted is not None
        assert trusted.at < history.trusted.at
        assert [one.epoch for one in made] == [None, None, epoch]


class Remembers:
    """A controller of somebody else's making that cannot forget."""

    def __init__(self) -> None:
        self.told: list[Belief] = []

    def remember(self, _subject: str, belief: Belief, _at: float) -> None:
        self.told.append(belief)

    def assess(self, _subject: str | None, _judgments: Sequence[Judgment], _at: float) -> Fallback:
        return Fallback(
            self.told[-1] if self.told else Belief(0.0, 1.0), "mine", "it goes by what it was told"
        )


def test_a_controller_that_cannot_forget_is_told_that_next_to_nothing_is_known(
    make: Callable[..., Layer], journal: Journal
) -> None:
    """The cautious prior takes the place of what it remembers, once; and what was trusted comes back with it."""
    own = Remembers()
    with FaultyServer(Summing()) as server:
        layer = make(server.url, own)
        layer.live(1.0, 2.0)
        server.behaviour = hang_up
        assert layer.assess().mean == 0.61
        epoch = open_epoch(journal, 1)
        assert (layer.assess().mean, layer.assess().sd) == (0.7, 1.0)
        undo(journal, epoch)
        assert layer.assess().mean == 0.61


class FailsOnce(Remembers):
    """One that can forget, but whose memory is away when it is first asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def forget(self, _subject: str) -> None:
        self.asked += 1
        if self.asked == 1:
            raise ConnectionError
        self.told.clear()


def test_a_controller_that_failed_to_forget_is_told_again(
    make: Callable[..., Layer], journal: Journal
) -> None:
    """Until then the cautious prior stands; never what it should have forgotten."""
    own = FailsOnce()
    with FaultyServer(Summing()) as server:
        layer = make(server.url, own)
        layer.live(1.0, 2.0)
        server.behaviour = hang_up
        open_epoch(journal, 1)
        first = layer.assess()
        assert (first.mean, first.sd) == (0.7, 1.0)
        assert "failed (ConnectionError)" in first.explanation
        assert [layer.assess().mean for _ in range(2)] == [0.0, 0.0]
        assert own.asked == 2


def test_judgments_that_a_caller_gives_are_all_that_is_asked_about(
    make: Callable[..., Layer], journal: Journal
) -> None:
    """An epoch is about what is in the journal; it is not said of evidence that did not come from there."""
    service = Summing()
    with FaultyServer(service) as server:
        layer = make(server.url)
        layer.live(1.0, 2.0)
        given = journal.history("ada").judgments
        open_epoch(journal, 1)
        assessed = layer._done(layer.layer.assess("ada", given))
        assert [one[0] for one in service.sums[-1]] == [1.0, 2.0]
        assert "changed" not in assessed.explanation
