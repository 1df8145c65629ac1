"""How are the parts of the service put together?"""

from __future__ import annotations

import secrets
import time
import uuid
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from bayesian_verifier.serving._admission import Admission
from bayesian_verifier.serving._answer import answer
from bayesian_verifier.serving._door import Door
from bayesian_verifier.serving._limits import MAX_SEED
from bayesian_verifier.serving._metrics import Metrics
from bayesian_verifier.serving._openapi import describe
from bayesian_verifier.serving._problems import PROBLEM_JSON, problem
from bayesian_verifier.serving._routes import health_routes, operator_routes, posterior_routes
from bayesian_verifier.serving._service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._routes import Answering

DESCRIPTION = (
    "Given what was proposed to a person and how they reacted: how much risk do they want, how sure is that?"
)


def create_app(
    load: Callable[[], Engine],
    *,
    admission: Admission | None = None,
    queue_limit: int = 64,
    body_seconds: float = 10.0,
    grace_seconds: float = 10.0,
    clock: Callable[[], float] = time.perf_counter,
    wall: Callable[[], float] = time.time,
    make_seed: Callable[[], int] = lambda: secrets.randbelow(MAX_SEED + 1),
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    answering: Answering = answer,
) -> FastAPI:
    """The HTTP service around one model; its `state.service` is what a server tells to drain.

    load: verifies and compiles the model, in a thread, once the application starts; what it raises becomes
    the reason for not being ready.   admission: who is let in; by default this machine.
    queue_limit: requests that may wait.   body_seconds: time for a body to arrive.
    grace_seconds: time for the last answers at shutdown.
    clock: seconds, monotonic.   wall: seconds since the epoch.   make_seed, new_id: of draws and of requests.
    answering: infers what a question asks for, in the inference thread; a benchmark puts a constant here.
    """
    service = Service(load, queue_limit=queue_limit, clock=clock, wall=wall)
    metrics = Metrics(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop(grace_seconds)

    app = FastAPI(
        title="Bayesian Verifier",
        version=version("bayesian-verifier"),
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service = service
    document: Callable[[], dict[str, Any]] = cache(partial(describe, app))
    routers = (
        health_routes(service),
        posterior_routes(
            service, metrics, answering=answering, make_seed=make_seed, body_seconds=body_seconds
        ),
        operator_routes(metrics, document),
    )
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_middleware(
        Door,
        service=service,
        metrics=metrics,
        admission=admission or Admission(),
        routes=frozenset(
            route.path for router in routers for route in router.routes if isinstance(route, Route)
        ),
        new_id=new_id,
    )
    return app


async def _http_problem(_: Request, error: Exception) -> Response:
    """What the router refuses by itself: no such route, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    said = problem(error.status_code, "http", error.detail, "see /docs for what can be asked")
    return Response(said.document, said.status, media_type=PROBLEM_JSON, headers=error.headers)
