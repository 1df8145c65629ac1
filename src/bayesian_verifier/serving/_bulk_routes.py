"""How is one request for many posteriors answered without keeping others waiting?

Each body is one turn of the inference thread: a request for one posterior that comes meanwhile waits for one
body of each request for many, not for all 64.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from bayesian_verifier.errors import BayesianVerifierError, BusyError
from bayesian_verifier.serving import _documents as documents
from bayesian_verifier.serving._asked import engine_for, receive
from bayesian_verifier.serving._bulk import bulk_reply, element_id, split_bodies
from bayesian_verifier.serving._openapi import POSTERIORS_REQUEST, problems
from bayesian_verifier.serving._problems import problem_of
from bayesian_verifier.serving._reply import reply
from bayesian_verifier.serving._taken import Taken

if TYPE_CHECKING:
    from bayesian_verifier.serving._answering import Answering
    from bayesian_verifier.serving._asked import Asked
    from bayesian_verifier.serving._service import Service

logger = logging.getLogger(__name__)


def bulk_routes(service: Service, answered: Answering, *, body_seconds: float) -> APIRouter:
    """Many posteriors in one request."""
    router = APIRouter(tags=["posterior"])
    worker = service.worker

    def work(body: bytes, taken: Taken, request_id: str, queue_seconds: float) -> bytes:
        engine = taken()
        said = answered(body, engine, queue_seconds)
        taken.note(said, queue_seconds)
        return reply(said, engine, request_id=request_id, queue_seconds=queue_seconds)

    async def answers(asked: Asked, taken: Taken) -> list[bytes]:
        """One posterior or problem for each body, in order; raises BusyError for all of them."""
        arrived, deadline = asked.arrived, asked.deadline
        given: list[bytes] = []
        with worker.place():
            bodies = await worker.turn(
                lambda _: split_bodies(asked.body), arrived=arrived, deadline=deadline, paced=False
            )
            for index, body in enumerate(bodies):
                identity = element_id(asked.request_id, index)
                job = partial(work, body, taken, identity)
                left = len(bodies) - index
                try:
                    said = await worker.turn(job, arrived=arrived, deadline=deadline, left=left)
                except BusyError:
                    raise
                except Exception as exc:
                    if not isinstance(exc, BayesianVerifierError):
                        logger.exception("a body of a list failed", extra={"request_id": identity})
                    said = problem_of(exc).document
                given.append(said)
                arrived = service.clock()
        return given

    @router.post(
        "/v1/posteriors",
        summary="The same for many people at once",
        response_description="For each body its posterior or its problem, in order",
        response_model=list[documents.PosteriorReply | documents.ProblemDocument],
        responses=problems(400, 413, 415, 422, 429, 503, 504),
        openapi_extra=POSTERIORS_REQUEST,
    )
    async def posteriors(request: Request) -> Response:
        """A list of 0–64 bodies of `POST /v1/posterior`; each gets what it would have got alone.

        The status is 200 whatever becomes of the bodies: one that is refused stands in the list as its problem
        and spoils none of the others. `X-Request-Timeout-Ms` is for the whole list.
        """
        engine_for(request, service)
        asked = await receive(request, worker, body_seconds=body_seconds)
        given = await answers(asked, Taken(service, request))
        return Response(bulk_reply(given), media_type="application/json")

    return router
