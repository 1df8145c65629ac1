"""Which route answers what?"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from bayesian_verifier.serving import _documents as documents
from bayesian_verifier.serving._asked import engine_for, receive
from bayesian_verifier.serving._docs_page import docs_page
from bayesian_verifier.serving._openapi import POSTERIOR_REQUEST, problems
from bayesian_verifier.serving._reply import reply
from bayesian_verifier.serving._taken import Taken, marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving._answering import Answering
    from bayesian_verifier.serving._metrics import Metrics
    from bayesian_verifier.serving._renewal import Attempt
    from bayesian_verifier.serving._service import Service


def health_routes(service: Service) -> APIRouter:
    """Probes, which never wait for the inference thread, and the page for people."""
    router = APIRouter(tags=["health"])

    @router.get("/health/live", summary="Does the process answer?", response_model=documents.Alive)
    async def live() -> Response:
        return _json({"status": "live"})

    @router.get(
        "/health/ready",
        summary="Would a posterior be served at full speed?",
        response_description="It would",
        response_model=documents.Ready,
        responses=problems(503),
    )
    async def ready() -> Response:
        """200 once the model is verified and every shape compiled; else 503 with the reason."""
        service.require_ready()
        return _json({"status": "ready"})

    @router.get("/health", summary="The service at a glance", response_model=documents.Health)
    async def health(request: Request) -> Response:
        return _json(health_page(service, request))

    return router


def posterior_routes(service: Service, answered: Answering, *, body_seconds: float) -> APIRouter:
    """The posterior itself, and the model behind it."""
    router = APIRouter(tags=["posterior"])

    def work(body: bytes, taken: Taken, request_id: str, queue_seconds: float) -> bytes:
        engine = taken()
        said = answered(body, engine, queue_seconds)
        taken.note(said, queue_seconds)
        return reply(said, engine, request_id=request_id, queue_seconds=queue_seconds)

    @router.post(
        "/v1/posterior",
        summary="How much risk does this person want, and how sure are we?",
        response_description="The posterior",
        response_model=documents.PosteriorReply,
        responses=problems(400, 409, 413, 415, 422, 429, 503, 504),
        openapi_extra=POSTERIOR_REQUEST,
    )
    async def posterior(request: Request) -> Response:
        """Posterior of `risk_aversion` and `choice_noise` given 0–512 judgments.

        `X-Request-Timeout-Ms` says what is left of the caller's time: an answer that cannot be had in it is
        refused at once.
        """
        engine_for(request, service)
        asked = await receive(request, service.worker, body_seconds=body_seconds)
        job = partial(work, asked.body, Taken(service, request), asked.request_id)
        content = await service.worker.do(job, arrived=asked.arrived, deadline=asked.deadline)
        return Response(content, media_type="application/json")

    @router.get(
        "/v1/model",
        summary="The model that answers",
        response_description="The manifest",
        response_model=documents.Manifest,
        responses=problems(503),
    )
    async def model(request: Request) -> Response:
        """The manifest: prior, simulator, training, quality report, versions, sha256 of each file."""
        return Response(marked(request, service.engine).manifest, media_type="application/json")

    return router


def operator_routes(metrics: Metrics, describe: Callable[[], dict[str, Any]]) -> APIRouter:
    """Metrics and documentation. describe: the OpenAPI document."""
    router = APIRouter()

    @router.get("/metrics", tags=["operation"], summary="Prometheus metrics", response_class=Response)
    async def numbers(request: Request) -> Response:
        told = metrics.exposition(request.headers.get("accept", ""))
        return Response(told.content, headers={"content-type": told.content_type})

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return _json(describe())

    @router.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = docs_page(describe())
        return HTMLResponse(page.html, headers={"content-security-policy": page.policy})

    return router


def health_page(service: Service, request: Request) -> dict[str, Any]:
    """What GET /health says."""
    status = service.status
    model = None
    if service.is_loaded:
        engine = marked(request, service.engine)
        names = [parameter.name for parameter in engine.parameters]
        model = {
            "name": engine.name,
            "version": engine.version,
            "trained": engine.created,
            "parameters": names,
        }
    return {
        "status": status,
        "reason": None if status == "ready" else service.reason,
        "model": model,
        "uptime_seconds": round(service.clock() - service.started, 3),
        "queue": {"waiting": service.worker.pending, "limit": service.worker.limit},
        "last_reload": None if service.last_load is None else _attempt(service.last_load),
        "recompilations": service.compilations.count,
    }


def _attempt(made: Attempt) -> dict[str, Any]:
    at = datetime.fromtimestamp(made.at, UTC).isoformat(timespec="seconds")
    return made._asdict() | {"at": at}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
