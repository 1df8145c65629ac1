"""Is there any use in reading the body of this request?

Asked once its headers are there. What cannot be answered anyway is refused at once: for some microseconds, instead of
the reading, the routing and the queueing of what is thrown away in the end. Under overload that is most of it.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from bayesian_verifier.serving._headers import budget_seconds, request_id
from bayesian_verifier.serving._problems import MalformedHeaderError, RefusalError
from bayesian_verifier.serving._raw_reply import KnownReplies
from bayesian_verifier.serving._witness import ids_of
from bayesian_verifier.tracing import HEADER, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bayesian_verifier.serving._admission import Admission
    from bayesian_verifier.serving._doorkeeper import Doorkeeper
    from bayesian_verifier.serving._metrics import Metrics
    from bayesian_verifier.serving._service import Service
    from bayesian_verifier.serving._worker import Ticket

    Headers = Mapping[bytes, bytes]

logger = logging.getLogger(__name__)

WORK = frozenset({b"/v1/posterior", b"/v1/posteriors"})


class Gate:
    """What a server of our own asks before it asks the application.

    route_name: under which name a path is counted.   new_id: makes the id of a request that brings none.
    """

    def __init__(
        self,
        *,
        service: Service,
        metrics: Metrics,
        admission: Admission | Doorkeeper,
        route_name: Callable[[str], str],
        new_id: Callable[[], str],
    ) -> None:
        self.clock = service.clock
        self._service = service
        self._metrics = metrics
        self._admission = admission
        self._route_name = route_name
        self._new_id = new_id
        self._replies = KnownReplies()

    @property
    def leaving(self) -> bool:
        """Whether the service is about to go, so that connections should end with their next reply."""
        return self._service.leaving

    @property
    def open(self) -> bool:
        """Whether requests that come now are accepted."""
        return not self._service.draining

    @staticmethod
    def is_work(method: bytes, target: bytes) -> bool:
        """Whether a request is for the inference thread."""
        return method == b"POST" and (
            target in WORK or (target.startswith(b"/v2/") and target.endswith(b"/infer"))
        )

    def refusal(self, target: bytes, headers: Headers) -> RefusalError | None:
        """Why a request for the inference thread cannot be answered; None where it may be."""
        try:
            self._admission.admit(target.decode("ascii"), headers)
            self._service.require_open()
        except RefusalError as error:
            return error
        worker = self._service.worker
        # not raised: under overload this is what most requests get
        refusal = worker.refusal(_budget(headers))
        if refusal is not None:
            worker.lull.refused()
        return refusal

    def enter(self) -> Ticket:
        """One request for the inference thread has arrived whole and is on its way to the queue."""
        return self._service.worker.ticket()

    def identity_of(self, headers: Headers) -> str:
        """The id of a request: its own, or a new one."""
        return request_id(headers) or self._new_id()

    def said(self, error: Exception, target: bytes, identity: str, *, arrived: float, close: bool) -> bytes:
        """The reply that refuses a request, or owns up to a fault, counted. arrived: on `clock`."""
        path = target.partition(b"?")[0].decode("latin-1")
        reply = self._replies.of(error, path=path, version=self._service.model_version, close=close)
        self._metrics.observe_request(self._route_name(path), reply.status, self.clock() - arrived)
        self._metrics.observe_refusal(reply.kind)
        return reply.to(identity)


def log_fault(fault: Exception, identity: str, headers: Headers) -> None:
    """Write down that a request of this id could not be taken in, which is our own fault."""
    told = ids_of(identity, parse(headers.get(HEADER.encode())))
    logger.error("a request could not be taken in", exc_info=fault, extra=told)


def _budget(headers: Headers) -> float:
    """Seconds the caller has; one that cannot be read is refused by the application."""
    try:
        return budget_seconds(headers)
    except MalformedHeaderError:
        return math.inf
