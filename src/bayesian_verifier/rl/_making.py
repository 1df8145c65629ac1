"""What does one seed of an arm, or one rule, leave behind? Tables of plain columns, and the policy."""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesian_verifier.rl._arms import ARMS, Arm
from bayesian_verifier.rl._belief import no_belief
from bayesian_verifier.rl._environment import SHOWN_AT, State
from bayesian_verifier.rl._evaluation import Score, evaluate
from bayesian_verifier.rl._explaining import Probed, decisions, follow, probe_all, probes, visited
from bayesian_verifier.rl._memory import Policy, blank
from bayesian_verifier.rl._ppo import Learned, train
from bayesian_verifier.rl._rollout import greedy
from bayesian_verifier.rl._rules import RULES, Rule, tried
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._settings import Experiment

    Columns = dict[str, NDArray[Any]]


class Made(NamedTuple):
    """Tables by name, and the policy with what is to be known of it, where one was learned."""

    tables: dict[str, Columns]
    policy: tuple[Policy, dict[str, Any]] | None = None


class _Compiled(NamedTuple):
    """The steps of arms that differ in numbers alone, compiled once for all of them."""

    learn: Callable[[Array, Arm], Learned]
    score: Callable[[Policy, Arm], Score]
    score_rule: Callable[[Rule, Array], Score]
    probe: Callable[[Policy, Arm, State], Probed]
    follow: Callable[[Policy, Arm], dict[str, Array]]


class Maker:
    """Makes the pieces of an experiment. belief_of: makes the belief of a kind."""

    def __init__(self, experiment: Experiment, belief_of: Callable[[str], Belief]) -> None:
        self._experiment = experiment
        self._rules = experiment.of_episodes
        self._belief_of = cache(belief_of)
        self._compiled = cache(self._compile)

    def arm(self, name: str, seed: int) -> Made:
        """Learn, and be scored on people whom nobody learned on."""
        wanted, arm = self._experiment.explained, ARMS[name]
        compiled = self._compiled(self._kind(arm))
        numbers = jax.tree.map(jnp.asarray, arm)
        learned = compiled.learn(jax.random.key(seed), numbers)
        tables = {"curves": self._curve(learned), "episodes": _rows(compiled.score(learned.policy, numbers))}
        if name in wanted.arms and seed < wanted.seeds:
            tables["probes"] = probes(compiled.probe(learned.policy, numbers, self._visited))
            # what options are worth to somebody is told by the belief: of who reads none there is nothing to tell
            if arm.needs_belief:
                tables["decisions"] = decisions(compiled.follow(learned.policy, numbers))
        return Made(tables, (learned.policy, self._about(name, seed)))

    def rule(self, name: str) -> Made:
        """Be scored in the form that is best on people of its own, where there is a choice of forms."""
        forms = tried(name, self._rules)
        tables: dict[str, Columns] = {}
        rule = forms[0]
        if len(forms) > 1:
            # other people than those all are scored on
            rewards = [float(self._score_of(form, 1).reward.mean()) for form in forms]
            rule = forms[int(np.argmax(rewards))]
            tables["forms"] = _forms(forms, rewards)
        tables["episodes"] = _rows(self._score_of(rule, 0))
        if name in self._experiment.explained.arms:
            choose = partial(rule.chooses, self._rules)
            tables["probes"] = probes(probe_all(self._visited, choose, rule.seeing, self._rules))
        return Made(tables)

    def _kind(self, arm: Arm) -> str:
        return kind_of(arm, self._experiment)

    def _belief(self, kind: str) -> Belief:
        return no_belief(self._rules.prior) if kind == "none" else self._belief_of(kind)

    def _compile(self, kind: str) -> _Compiled:
        """For all arms that read the same belief; what they are told makes programs of their own of it."""
        rules, experiment = self._rules, self._experiment
        belief, wanted = self._belief(kind), experiment.evaluation
        people, followed = wanted.people, experiment.explained.states // 4

        def score(policy: Policy, arm: Arm) -> Score:
            return evaluate(wanted.seed, people, greedy(policy), arm, rules, belief, blank(policy, people))

        def score_rule(rule: Rule, seed: Array) -> Score:
            nothing = jnp.zeros((people, 0))
            return evaluate(seed, people, partial(rule.chooses, rules), rule.seeing, rules, belief, nothing)

        def followed_rows(policy: Policy, arm: Arm) -> dict[str, Array]:
            memory = blank(policy, followed)
            return follow(wanted.seed + 3, followed, greedy(policy), arm, rules, belief, memory)

        return _Compiled(
            eqx.filter_jit(lambda key, arm: train(key, arm, rules, belief, experiment.of_learning)),
            eqx.filter_jit(score),
            eqx.filter_jit(score_rule),
            eqx.filter_jit(lambda policy, arm, states: probe_all(states, greedy(policy), arm, rules)),
            eqx.filter_jit(followed_rows),
        )

    def _score_of(self, rule: Rule, others: int) -> Score:
        """On the people all are scored on (0) or on others (1, …)."""
        seed = self._experiment.evaluation.seed + others
        return self._compiled(self._kind(rule.seeing)).score_rule(
            jax.tree.map(jnp.asarray, rule), jnp.asarray(seed)
        )

    @cached_property
    def _visited(self) -> State:
        """States that probes are made in: those a simple rule comes to, on people of their own."""
        rule, experiment = RULES["bayes"], self._experiment
        belief, choose = self._belief(self._kind(rule.seeing)), partial(rule.chooses, self._rules)
        seed, states = experiment.evaluation.seed + 2, experiment.explained.states
        result: State = jax.jit(lambda: visited(seed, states, choose, rule.seeing, self._rules, belief))()
        return result

    def _curve(self, learned: Learned) -> Columns:
        training = self._experiment.of_learning
        steps = (1 + np.arange(training.updates)) * training.environments * training.steps
        return {
            "steps": steps.astype(np.int32),
            "reward": np.asarray(learned.reward, np.float32),
            "asks": np.asarray(learned.asks, np.float32),
        }

    def _about(self, name: str, seed: int) -> dict[str, Any]:
        """What whoever uses a policy has to know of it."""
        arm, prior = ARMS[name], self._rules.prior
        return {
            "known": arm.known,
            "of_option": arm.of_option,
            "prior": {"mean": prior.mean[0], "sd": prior.sd[0]},
            "shown_at": SHOWN_AT,
            "option_features": OPTION_FEATURES + len(arm.of_option),
            "rest_features": REST_FEATURES,
            "temperature": arm.temperature,
            "arm": name,
            "environment": self._experiment.environment,
            "provenance": {
                "experiment": self._experiment.hash,
                "seed": seed,
                "steps": self._experiment.of_learning.step_count,
            },
        }


def kind_of(arm: Arm, experiment: Experiment) -> str:
    """Whose belief an arm reads; none is carried along for who reads none."""
    if not arm.needs_belief:
        return "none"
    return "served" if arm.belief == "served" else experiment.belief


def belief_kinds(experiment: Experiment) -> set[str]:
    """Which kinds of belief its arms and rules read, of `exact` and `served`."""
    forms = [form for name in experiment.rules for form in tried(name, experiment.of_episodes)]
    # the states of probes are those that a simple rule comes to
    arms = [ARMS[name] for name in experiment.arms] + [rule.seeing for rule in [*forms, RULES["bayes"]]]
    return {kind_of(arm, experiment) for arm in arms} - {"none"}


def _rows(score: Score) -> Columns:
    columns = {name: np.asarray(values, np.float32) for name, values in score._asdict().items()}
    return {"person": np.arange(len(score.reward), dtype=np.int16), **columns}


def _forms(forms: list[Rule], rewards: list[float]) -> Columns:
    """Each form of a rule and its reward."""

    def column(name: str) -> NDArray[np.float64]:
        return np.array([np.nan if (at := getattr(form, name)) is None else at for form in forms])

    named = {name: column(name) for name in ("ask_above", "teaching", "energy_price")}
    return named | {"reward": np.array(rewards)}
