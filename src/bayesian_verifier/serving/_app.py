"""How are the parts of the service put together?"""

from __future__ import annotations

import secrets
import time
import uuid
from contextlib import asynccontextmanager, nullcontext
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from bayesian_verifier.serving._admission import Admission
from bayesian_verifier.serving._answer import answer
from bayesian_verifier.serving._answering import answering
from bayesian_verifier.serving._bulk_routes import bulk_routes
from bayesian_verifier.serving._door import Door
from bayesian_verifier.serving._gate import Gate
from bayesian_verifier.serving._limits import MAX_SEED
from bayesian_verifier.serving._metrics import Metrics
from bayesian_verifier.serving._open_inference_problem import in_words_of
from bayesian_verifier.serving._open_inference_routes import (
    open_inference_model_routes,
    open_inference_server_routes,
)
from bayesian_verifier.serving._openapi import describe
from bayesian_verifier.serving._problems import PROBLEM_JSON, problem
from bayesian_verifier.serving._route_names import route_names
from bayesian_verifier.serving._routes import health_routes, operator_routes, posterior_routes
from bayesian_verifier.serving._service import Service
from bayesian_verifier.serving._signals import told_of_signals
from bayesian_verifier.serving._spans import Spans
from bayesian_verifier.serving._witness import Witness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from opentelemetry.trace import Tracer
    from starlette.requests import Request

    from bayesian_verifier.serving._answering import Infers
    from bayesian_verifier.serving._doorkeeper import Doorkeeper
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._renewal import Renewal

DESCRIPTION = (
    "Given what was proposed to a person and how they reacted: how much risk do they want, how sure is that?"
)


def create_app(
    load: Callable[[], Engine],
    *,
    renewal: Renewal | None = None,
    admission: Admission | Doorkeeper | None = None,
    tracer: Tracer | None = None,
    infer: Infers = answer,
    queue_limit: int = 64,
    body_seconds: float = 10.0,
    grace_seconds: float = 10.0,
    own_signals: bool = False,
    clock: Callable[[], float] = time.perf_counter,
    wall: Callable[[], float] = time.time,
    make_seed: Callable[[], int] = lambda: secrets.randbelow(MAX_SEED + 1),
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> FastAPI:
    """The HTTP service around one model; a server tells its `state.service` to drain, and asks its `state.gate`.

    load: verifies and compiles the model, in a thread, once the application starts; what it raises becomes
    the reason for not being ready.   renewal: how another model takes its place.
    admission: who is let in; by default this machine.   tracer: of OpenTelemetry, where requests are traced.
    infer: finds posteriors.
    queue_limit: requests that may wait.   body_seconds: time for a body to arrive.
    grace_seconds: time for the last answers at shutdown.
    own_signals: whether to look out for SIGTERM itself, under a server that does not tell.
    clock: seconds, monotonic.   wall: seconds since the epoch.   make_seed, new_id: of draws and of requests.
    """
    service = Service(load, queue_limit=queue_limit, clock=clock, wall=wall, renewal=renewal)
    metrics = Metrics(service)
    answered = answering(metrics, infer, clock=clock, make_seed=make_seed)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        with told_of_signals(service.leave) if own_signals else nullcontext():
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
        # the spans here are ours; a framework that makes its own would add a second of each
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=lifespan,
    )
    app.state.service = service
    document: Callable[[], dict[str, Any]] = cache(partial(describe, app))
    routers = (
        health_routes(service),
        posterior_routes(service, answered, body_seconds=body_seconds),
        bulk_routes(service, answered, body_seconds=body_seconds),
        open_inference_server_routes(service),
        open_inference_model_routes(service, answered, body_seconds=body_seconds),
        operator_routes(metrics, document),
    )
    names = route_names(route for router in routers for route in router.routes if isinstance(route, Route))
    witness = Witness(metrics, route_name=names, spans=None if tracer is None else Spans(tracer), clock=clock)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _http_problem)
    keeper = admission or Admission()
    app.add_middleware(Door, service=service, witness=witness, admission=keeper, new_id=new_id)
    app.state.gate = Gate(service=service, metrics=metrics, admission=keeper, route_name=names, new_id=new_id)
    return app


async def _http_problem(request: Request, error: Exception) -> Response:
    """What the router refuses by itself: no such route, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    refused = problem(error.status_code, "http", error.detail, "see /docs for what can be asked")
    request.scope["state"]["reason"] = refused.kind
    said = in_words_of(request.scope["path"], refused)
    return Response(said.document, said.status, media_type=PROBLEM_JSON, headers=error.headers)
