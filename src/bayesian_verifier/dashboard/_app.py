"""How are the parts of the page put together? An ASGI application that serves everything below one prefix."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bayesian_verifier.dashboard._asked import key_asked, range_of
from bayesian_verifier.dashboard._deciding import decision_of
from bayesian_verifier.dashboard._files import HEADERS, page_files
from bayesian_verifier.dashboard._kpis import kpis_document
from bayesian_verifier.dashboard._ledger import decisions, ledger_document, runs
from bayesian_verifier.dashboard._models import models_document
from bayesian_verifier.dashboard._people import people_document
from bayesian_verifier.dashboard._person import person_document
from bayesian_verifier.dashboard._policy_trace import policy_document
from bayesian_verifier.dashboard._population import population_document
from bayesian_verifier.dashboard._problems import (
    PROBLEM_JSON,
    NoLongerOpenError,
    NotThereError,
    PageRefusalError,
    WrongMethodError,
    bytes_of,
    document_of,
)
from bayesian_verifier.dashboard._reader import Reader
from bayesian_verifier.dashboard._state import state_document
from bayesian_verifier.dashboard._stream import news
from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bayesian_verifier.dashboard._admission import PageRules
    from bayesian_verifier.dashboard._cache import Cache
    from bayesian_verifier.dashboard._deciding import Decides
    from bayesian_verifier.dashboard._models import ModelFiles
    from bayesian_verifier.dashboard._policies import Policies

logger = logging.getLogger(__name__)
PREFIX = "/dashboard"
#: a first question waits so long for the files to be read; what is not read by then follows by the stream
_FIRST_SECONDS = 3.0
_NO_STORE = {**HEADERS, "cache-control": "no-store"}


class Decisions(NamedTuple):
    """What the two buttons do."""

    approve: Decides
    reject: Decides


class Dashboard:
    """The page of one journal.

    rules: who is let in, now.   models, policies: where they are.   threshold: at which the detector alarms.
    leaving: whether the server is about to go, so that streams should end.   wall: seconds since 1970.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        rules: Callable[[], PageRules],
        models: ModelFiles,
        policies: Policies,
        threshold: float,
        decide: Decisions,
        leaving: Callable[[], bool] = lambda: False,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._cache, self._rules, self._models, self._threshold = cache, rules, models, threshold
        self._policies = policies
        self._decide, self._leaving, self._wall = decide, leaving, wall
        self._reader = Reader(cache)
        self._files = page_files()
        api = PREFIX + "/api"
        self.app: ASGIApp = _contained(
            Starlette(
                routes=[
                    Route(PREFIX, self._home),
                    Route(f"{PREFIX}/", self._page),
                    Route(f"{PREFIX}/static/{{path:path}}", self._file),
                    Route(f"{api}/access", self._access),
                    Route(f"{api}/state", self._data(lambda _: self._state())),
                    Route(f"{api}/people", self._data(lambda q: people_document(cache, q.query_params))),
                    Route(f"{api}/people/{{key}}", self._data(self._person)),
                    Route(f"{api}/policy/{{key}}", self._data(self._policy)),
                    Route(f"{api}/population", self._data(self._population)),
                    Route(f"{api}/operations", self._data(lambda _: self._operations())),
                    Route(f"{api}/ledger", self._data(lambda q: ledger_document(cache, q.query_params))),
                    Route(f"{api}/stream", self._stream),
                    Route(f"{api}/decisions/{{request}}", self._decided, methods=["POST"]),
                ],
                exception_handlers={
                    PageRefusalError: _refused,
                    HTTPException: _not_routed,
                    Exception: _fault,
                },
            )
        )

    def close(self) -> None:
        """Let go of files and tables."""
        self._reader.close()

    async def _home(self, request: Request) -> Response:
        self._rules().admit_to_page(request.headers)
        return RedirectResponse(PREFIX + "/", 308, HEADERS)

    async def _page(self, request: Request) -> Response:
        return self._sent(request, "index.html")

    async def _file(self, request: Request) -> Response:
        return self._sent(request, request.path_params["path"])

    def _sent(self, request: Request, path: str) -> Response:
        self._rules().admit_to_page(request.headers)
        found = self._files.get(path)
        if found is None:
            raise NotThereError("the page has no such file")
        headers = {**HEADERS, "etag": found.tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return Response(found.content, headers={**headers, "content-type": found.media_type})

    async def _access(self, request: Request) -> Response:
        """Whether a token is asked for: a page that knows asks its reader before it is refused."""
        self._rules().admit_to_page(request.headers)
        said = {"token": self._rules().token_digest is not None}
        return Response(bytes_of(said), headers=_NO_STORE, media_type="application/json")

    def _data(self, document: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Any]:
        """A route that gives a document, found in a thread."""

        def found(request: Request) -> bytes:
            self._reader.want()
            self._reader.wait(_FIRST_SECONDS)
            return bytes_of(document(request))

        async def answered(request: Request) -> Response:
            self._rules().admit_to_data(request.headers)
            content = await run_in_threadpool(found, request)
            return Response(content, headers=_NO_STORE, media_type="application/json")

        return answered

    def _state(self) -> dict[str, Any]:
        pending = sum(one["status"] == "pending" for one in decisions(self._cache, self._now()))
        return state_document(self._cache, decides=self._rules().token_digest is not None, pending=pending)

    def _person(self, request: Request) -> dict[str, Any]:
        key = key_asked(request.path_params["key"])
        return {
            **person_document(self._cache, key, range_of(request.query_params)),
            "threshold": self._threshold,
        }

    def _policy(self, request: Request) -> dict[str, Any]:
        key = key_asked(request.path_params["key"])
        return policy_document(self._cache, self._policies, key, request.query_params)

    def _population(self, request: Request) -> dict[str, Any]:
        return population_document(self._cache, range_of(request.query_params), self._threshold)

    def _operations(self) -> dict[str, Any]:
        return {
            "models": models_document(self._models),
            "decisions": decisions(self._cache, self._now()),
            "runs": runs(self._cache),
            "kpis": kpis_document(self._cache),
            "decides": self._rules().token_digest is not None,
            "now": self._now(),
        }

    async def _stream(self, request: Request) -> Response:
        self._rules().admit_to_data(request.headers)
        self._reader.enter()
        return StreamingResponse(
            news(self._cache, self._reader, self._leaving), headers=_NO_STORE, media_type="text/event-stream"
        )

    async def _decided(self, request: Request) -> Response:
        self._rules().admit_to_decide(request.headers)
        asked = await decision_of(request)
        decide = self._decide.approve if asked.verdict == "approve" else self._decide.reject
        try:
            line = await run_in_threadpool(
                decide, request.path_params["request"], asked.by, asked.why or None
            )
        except CallerError as exc:
            raise NoLongerOpenError(str(exc)) from exc
        return Response(bytes_of({"line": line}), headers=_NO_STORE, media_type="application/json")

    def _now(self) -> float:
        return self._wall() * 1000


def _contained(app: ASGIApp) -> ASGIApp:
    """What was answered with a 500 and said in the log goes no further: a server would log what is in it."""

    async def contained(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Exception):
            await app(scope, receive, send)

    return contained


async def _refused(_: Request, error: Exception) -> Response:
    status, document = document_of(error)
    headers = {"www-authenticate": 'Bearer realm="bayesian-verifier"'} if status == 401 else {}  # noqa: PLR2004
    return Response(bytes_of(document), status, {**_NO_STORE, **headers}, media_type=PROBLEM_JSON)


async def _not_routed(request: Request, error: Exception) -> Response:
    """What the router refuses by itself."""
    is_method = isinstance(error, HTTPException) and error.status_code == 405  # noqa: PLR2004
    refusal = WrongMethodError("ask in another way") if is_method else NotThereError("no such address")
    return await _refused(request, refusal)


async def _fault(request: Request, error: Exception) -> Response:
    # a message could hold what people are called: the kind of error is all that may be said
    logger.error("the dashboard failed: %s", type(error).__qualname__)
    return await _refused(request, error)
