"""How do clients of the Open Inference Protocol reach the model?"""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, Request, Response

from bayesian_verifier.serving import _open_inference_documents as documents
from bayesian_verifier.serving._asked import engine_for, receive
from bayesian_verifier.serving._open_inference_openapi import (
    INFERENCE_REQUEST,
    MODEL_PARAMETER,
    VERSION_PARAMETER,
    with_error,
)
from bayesian_verifier.serving._open_inference_reply import inference_reply, model_metadata
from bayesian_verifier.serving._open_inference_request import pointers_into_request, read_inference
from bayesian_verifier.serving._problems import UnknownModelError
from bayesian_verifier.serving._taken import Taken, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.serving._answering import Answering
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._service import Service

SERVER = "bayesian-verifier"
MODEL = "/v2/models/{name}"
PATHS: Mapping[str, list[dict[str, Any]]] = {
    MODEL: [MODEL_PARAMETER],
    f"{MODEL}/versions/{{version}}": [MODEL_PARAMETER, VERSION_PARAMETER],
}


def open_inference_server_routes(service: Service) -> APIRouter:
    """What the server says of itself; its probes are open as those of /health are."""
    router = APIRouter(tags=["open inference"])

    @router.get("/v2/health/live", summary="Does the process answer?", response_model=documents.ServerLive)
    async def live() -> Response:
        return _json({"live": True})

    @router.get(
        "/v2/health/ready",
        summary="Would a posterior be served at full speed?",
        response_model=documents.ServerReady,
        responses=with_error(503),
    )
    async def ready() -> Response:
        """As `GET /health/ready`."""
        service.require_ready()
        return _json({"live": True, "ready": True})

    async def server() -> Response:
        return _json({"name": SERVER, "version": version("bayesian-verifier"), "extensions": []})

    # the protocol's text writes the first, its OpenAPI document the second
    for path in ("/v2", "/v2/"):
        router.add_api_route(path, server, summary="The server", response_model=documents.ServerMetadata)
    return router


def open_inference_model_routes(service: Service, answered: Answering, *, body_seconds: float) -> APIRouter:
    """What the model says of itself, and inference; each also under the one version there is."""
    router = APIRouter(tags=["open inference"])

    async def metadata(request: Request) -> Response:
        engine = _named(request, marked(request, service.engine))
        return Response(model_metadata(engine), media_type="application/json")

    async def ready(request: Request) -> Response:
        """200 when it would be answered at full speed, else 503 with the reason."""
        engine = _named(request, marked(request, service.require_ready()))
        return _json({"name": engine.name, "ready": True})

    def work(body: bytes, taken: Taken, request: Request, request_id: str, queue_seconds: float) -> bytes:
        engine = _named(request, taken())
        asked = read_inference(body)
        with pointers_into_request():
            said = answered(asked.body, engine, queue_seconds)
        taken.note(said, queue_seconds)
        return inference_reply(said, engine, asked, request_id=request_id, queue_seconds=queue_seconds)

    async def infer(request: Request) -> Response:
        """Input `judgments` (BYTES [n], one JSON text each); outputs `names`, `mean`, `sd`, `quantiles`.

        Parameters of the request: `state`, `draws`, `seed`. Parameters of the reply: `state`, `checks` and
        `evidence` as JSON text, `trustworthy`, `seed`. With `draws` above 0 there is an output `draws` [D, P].
        """
        _named(request, engine_for(request, service))
        asked = await receive(request, service.worker, body_seconds=body_seconds)
        job = partial(work, asked.body, Taken(service, request), request, asked.request_id)
        content = await service.worker.do(job, arrived=asked.arrived, deadline=asked.deadline)
        return Response(content, media_type="application/json")

    for path, parameters in PATHS.items():
        described: dict[str, Any] = {"parameters": parameters}
        router.add_api_route(
            path,
            metadata,
            summary="Inputs and outputs of the model",
            response_model=documents.ModelMetadata,
            responses=with_error(404, 503),
            openapi_extra=described,
        )
        router.add_api_route(
            f"{path}/ready",
            ready,
            summary="Is the model ready?",
            response_model=documents.ModelReady,
            responses=with_error(404, 503),
            openapi_extra=described,
        )
        router.add_api_route(
            f"{path}/infer",
            infer,
            methods=["POST"],
            summary="A posterior in tensors",
            response_description="The posterior",
            response_model=documents.InferenceReply,
            responses=with_error(400, 404, 409, 413, 415, 422, 429, 503, 504),
            openapi_extra={
                **INFERENCE_REQUEST,
                "parameters": [*parameters, *INFERENCE_REQUEST["parameters"]],
            },
        )
    return router


def _named(request: Request, engine: Engine) -> Engine:
    """The one model there is, if that is the one a path names. Raises UnknownModelError."""
    name, its_version = request.path_params["name"], request.path_params.get("version")
    if name != engine.name:
        raise UnknownModelError(f"no model {name[:128]!r} is served here, only {engine.name!r}")
    if its_version not in (None, engine.version):
        raise UnknownModelError(f"version {its_version[:128]!r} is not served, only {engine.version!r}")
    return engine


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
