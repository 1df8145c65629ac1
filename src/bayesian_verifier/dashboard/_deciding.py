"""What does a decision look like that somebody sends from the page?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bayesian_verifier.dashboard._problems import BadQuestionError, BodyTooLargeError, NotJsonBodyError

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES = 8_192

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Decides(Protocol):
    """Writes a decision into the ledger."""

    def __call__(self, request: str, by: str, why: str | None, /) -> str:
        """Decide a request of that id; the id of the line. Raises CallerError where it is not open."""


class Decision(BaseModel):
    """Who decides, how, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    verdict: Literal["approve", "reject"]
    by: _Name
    why: _Why | None = None


async def decision_of(request: Request) -> Decision:
    """The decision in a body. Raises NotJsonBodyError, BodyTooLargeError or BadQuestionError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotJsonBodyError("send application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise BodyTooLargeError(f"longer than {MOST_BYTES} bytes")
    try:
        return Decision.model_validate(json.loads(body))
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise BadQuestionError(f"/{place}: {first['msg']}") from exc
    except (ValueError, RecursionError) as exc:
        raise BadQuestionError("the body is not JSON") from exc
