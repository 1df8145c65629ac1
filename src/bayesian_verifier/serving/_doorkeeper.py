"""How does a new token take the place of the old one while the service serves?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bayesian_verifier.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bayesian_verifier.serving._admission import Admission

logger = logging.getLogger(__name__)


class Doorkeeper:
    """Admits as an `Admission` that can be read again.

    read: who is let in, as files have it now. Raises SettingsError, here too, where they cannot be used.
    """

    def __init__(self, read: Callable[[], Admission]) -> None:
        self._read = read
        self._current = read()

    def admit(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        """As `Admission.admit`."""
        self._current.admit(path, headers)

    def read_again(self) -> None:
        """From now on by what the files say; where they cannot be used, by what they said before."""
        try:
            self._current = self._read()
        except OperatorError as exc:
            # the message says all an operator can use
            logger.error("the token stays as it was: %s", exc, extra={"event": "token_refused"})  # noqa: TRY400
        else:
            logger.info("the token was read again", extra={"event": "token_read"})
