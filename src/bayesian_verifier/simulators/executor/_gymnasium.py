"""How is an environment of Gymnasium an executor?

An episode is a run, a policy is a plan, the sum of an episode's rewards is what it paid. Any registered id will do, or
any environment of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class GymnasiumExecutor:
    """An environment under policies, each from observation to action.

    environment: a `gymnasium.Env`.   policies: by plan; where none are given, one a discrete action that always takes
    it.   most_steps: after which an episode is ended, so that every run ends.
    Raises CallerError where there are no policies and actions are not discrete.
    """

    def __init__(
        self,
        environment: Any,  # noqa: ANN401 - an environment of anybody's
        policies: Mapping[str, Callable[[Any], Any]] | None = None,
        *,
        name: str | None = None,
        most_steps: int = 1000,
    ) -> None:
        self._environment = environment
        self._policies = dict(policies) if policies is not None else _constant(environment)
        self._most_steps = most_steps
        self.name = name or str(getattr(environment.spec, "id", None) or type(environment).__name__)
        self.plans = tuple(self._policies)

    @classmethod
    def of_id(cls, identifier: str) -> GymnasiumExecutor:
        """Of a registered id. Raises CallerError where Gymnasium knows none, or cannot make it."""
        import gymnasium  # noqa: PLC0415 - an extra brings it

        try:
            return cls(gymnasium.make(identifier), name=identifier)
        except gymnasium.error.Error as error:
            raise CallerError(f"environment {identifier!r}: {error}") from error

    def carry_out(self, plan: str, seed: int) -> float:
        """Play one episode; the sum of its rewards."""
        policy = self._policies[plan]
        observation, _ = self._environment.reset(seed=seed)
        paid = 0.0
        for _ in range(self._most_steps):
            observation, reward, ended, cut, _ = self._environment.step(policy(observation))
            paid += float(reward)
            if ended or cut:
                break
        return paid


def _constant(environment: Any) -> dict[str, Callable[[Any], Any]]:  # noqa: ANN401 - as above
    count = getattr(environment.action_space, "n", None)
    if count is None:
        raise CallerError(
            "actions are not discrete, so policies must be given: {plan: observation -> action}"
        )
    first = int(getattr(environment.action_space, "start", 0))
    return {f"always_{action}": _always(action) for action in range(first, first + int(count))}


def _always(action: int) -> Callable[[Any], Any]:
    return lambda _: action
