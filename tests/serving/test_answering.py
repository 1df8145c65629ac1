"""Can what answers be exchanged, with the rest of the service left as it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.serving import answer, create_app
from serving.closed_form import judgment

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving import Answer, Engine, Question
    from serving.conftest import Serve


def test_an_answer_made_beforehand_goes_out_by_the_same_door(engine: Engine, serve: Serve) -> None:
    """Prior for everybody, by another `infer`; a bad body is still refused before anything answers."""
    asked: list[int] = []

    def constant(
        question: Question, engine: Engine, *, clock: Callable[[], float], make_seed: Callable[[], int]
    ) -> Answer:
        asked.append(len(question.judgments))
        return answer(question._replace(judgments=[]), engine, clock=clock, make_seed=make_seed)

    with serve(create_app(lambda: engine, infer=constant)) as (client, _):
        said = client.post("/v1/posterior", json={"judgments": [judgment(3.0)] * 5})
        refused = client.post("/v1/posterior", json={"judgments": [judgment(99.0)]})
    assert said.status_code == 200
    assert abs(said.json()["posterior"]["risk_aversion"]["mean"]) < 1e-5
    assert refused.status_code == 422
    assert asked == [5]
