"""Which judgments does a file hold, and which of them are one person's?"""

from __future__ import annotations

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import records_of


def judgments_in(content: bytes, name: str, subject: str | None = None) -> list[object]:
    """Decoded judgments of a file that errors call `name`: see `records_of`.

    subject: only judgments of this `subject`.   Whether they are sound is not looked at.
    Raises CallerError when there is none to be read.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise CallerError(f"{name} is not UTF-8: {error}") from error
    found = [record.raw for record in records_of(text, name)]
    if subject is not None:
        found = [one for one in found if isinstance(one, dict) and one.get("subject") == subject]
        if not found:
            raise CallerError(f"{name} holds no judgment of subject {subject!r}")
    return found
