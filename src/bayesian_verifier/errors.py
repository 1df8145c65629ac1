"""What can go wrong, sorted by who can act.

BayesianVerifierError
  CallerError      fix the request
  BusyError        wait, then ask again
  OperatorError    fix the deployment: a setting, a file, a model
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class BayesianVerifierError(Exception):
    """Anything this package raises on purpose."""


class Violation(NamedTuple):
    """One broken rule: where (JSON pointer, RFC 6901), which rule, and what came instead."""

    pointer: str
    rule: str
    detail: str


class CallerError(BayesianVerifierError):
    """The request is wrong: the caller can mend it."""


class InvalidEvidenceError(CallerError):
    """Evidence that breaks the rules of a judgment; `violations` names each."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        first = self.violations[0]
        more = f" (and {len(self.violations) - 1} more)" if len(self.violations) > 1 else ""
        super().__init__(f"{first.pointer or '/'}: {first.detail} [{first.rule}]{more}")


class BusyError(BayesianVerifierError):
    """Nothing is wrong with the request; the service cannot take it now."""


class OperatorError(BayesianVerifierError):
    """The deployment is wrong: a setting, a file or a model that only its operator can mend."""


class SettingsError(OperatorError):
    """A setting is unknown, missing or out of range."""


class ArtifactError(OperatorError):
    """A model on disk is damaged, incomplete or too old to run; the message says what to do."""


class JournalError(OperatorError):
    """The journal cannot be read or written as asked."""
