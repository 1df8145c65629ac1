"""How does Ray Serve get the application, on as many nodes as it has?

`serve run bayesian_verifier.ray_serve:application replicas=2`, or deploy/ray/serve.yaml. Each replica is the service as
`asgi` has it, with a model, a queue and an inference thread of its own; it counts as there once it is ready.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from bayesian_verifier.commands.serve import service_of
from bayesian_verifier.errors import OperatorError
from bayesian_verifier.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from ray.serve import Application

_LOOK_SECONDS = 0.05
#: to verify and compile a model on a busy node
_READY_SECONDS = 120


def application(arguments: Mapping[str, str]) -> Application:
    """The deployment. arguments: `replicas`, how many, one unless given.

    Raises SettingsError for a setting of this environment that is wrong, ValueError for an argument.
    """
    from ray import serve  # noqa: PLC0415 - an extra brings it

    settings = read_settings(dict(os.environ))
    deployment = serve.deployment(
        serve.ingress(_built)(Replica),
        name="bayesian-verifier",
        num_replicas=int(arguments.get("replicas", 1)),
        # what is beyond it waits at the proxy; the replica refuses by itself what it cannot answer in time
        max_ongoing_requests=settings.queue_limit,
        health_check_timeout_s=_READY_SECONDS,
        graceful_shutdown_timeout_s=settings.grace_seconds,
        ray_actor_options={"num_cpus": 1},
    )
    return deployment.bind()


def _built() -> FastAPI:
    """The application of one replica, from its own environment. The page is a process beside a socket: not here."""
    environ = dict(os.environ) | {"BV_DASHBOARD": "off"}
    return service_of(read_settings(environ), environ)


class Replica:
    """What Ray asks of a replica beside requests. app: its application, which Ray puts there."""

    app: FastAPI

    async def check_health(self) -> None:
        """Wait while the model is loaded. Raises OperatorError where it could not be."""
        service = self.app.state.service
        while service.status == "loading":  # noqa: ASYNC110 - the service tells nobody of it
            await asyncio.sleep(_LOOK_SECONDS)
        if service.status == "failed":
            raise OperatorError(service.reason)
