"""What has the verifier summed of each person already? A cache: the judgments themselves are the truth."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Kept(NamedTuple):
    """The `state` of a reply and what it stands for.

    mark: of the judgments in it, see the journal's `marks_of`.   judgments: how many.
    informative: of them.   model_version: of the model that summed them.   text: the state, opaque.
    """

    mark: bytes
    judgments: int
    informative: int
    model_version: str
    text: str


class States:
    """The states of the `most` subjects asked about last; safe among threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._of: OrderedDict[str, Kept] = OrderedDict()

    def find(self, subject: str, marks: Sequence[bytes]) -> Kept | None:
        """The state of a subject, if it stands for a beginning of the judgments with these marks.

        Where it does not it is dropped: a judgment in it has changed, or was forgotten.
        """
        with self._lock:
            kept = self._of.get(subject)
            if kept is None:
                return None
            if kept.judgments > len(marks) or marks[kept.judgments - 1] != kept.mark:
                del self._of[subject]
                return None
            return kept

    def keep(self, subject: str, kept: Kept) -> None:
        """Keep a state instead of the one before, and drop those longest not asked for."""
        with self._lock:
            self._of[subject] = kept
            self._of.move_to_end(subject)
            while len(self._of) > self._most:
                self._of.popitem(last=False)

    def drop(self, subject: str, kept: Kept) -> None:
        """Drop this state; not one that another thread has kept since."""
        with self._lock:
            if self._of.get(subject) is kept:
                del self._of[subject]

    def forget(self, subject: str) -> None:
        """Drop whatever is kept of a subject."""
        with self._lock:
            self._of.pop(subject, None)
