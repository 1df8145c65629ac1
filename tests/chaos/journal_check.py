"""P11: is everything in the journal that was acknowledged, and is the rest of it whole?"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import TYPE_CHECKING

from chaos.evidence import killed_callers, of, show
from chaos.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.evidence import Event, Evidence

_SEAL = b',"crc":"'
_SEAL_WIDTH = len(_SEAL) + 10


def nothing_lost_in_the_journal(evidence: Evidence) -> Verdict:
    """P11. Each line acknowledged is there once, as it was; numbers lack none but those of damaged lines.

    No more lines are damaged than writers were killed, and no reader crashed.
    """
    journal = _Journal(evidence.journal)
    broken = journal.faults()
    kills = sum(1 for _ in of(evidence.writers, "killed")) + len(killed_callers(evidence))
    if journal.damaged > kills:
        broken.append(f"{journal.damaged} damaged lines after {kills} kills")
    examined = 0
    complete = {event["client"]: event for event in of(evidence.callers, "closed")}
    broken += [show(event) for event in complete.values() if event["waiting"] or event["lost"]]
    for event in of(evidence.writers, "written"):
        examined += 1
        broken += journal.missing(event["id"], {"number": event["number"], "writer": event["writer"]}, event)
    for event in of(evidence.callers, "judged"):
        name = event["call"].rsplit("-", 2)[0]
        ended = any(client.split("/")[0] == name for client in complete)
        if event["id"] is not None and (event["recorded"] or ended):
            examined += 1
            expected = {"source": event["source"], "reason": event["reason"], "trace_id": event["trace"]}
            broken += journal.missing(event["id"], expected, event)
    for event in of(evidence.callers, "fed"):
        if event["recorded"]:
            examined += 1
            if (event["judgment"], event["feedback"]) not in journal.answers:
                broken.append(f"not in the journal: {show(event)}")
    broken += [show(event) for event in of(evidence.storm, "reader") if event["crashed"]]
    return Verdict("P11", examined, tuple(broken))


class _Journal:
    """What its files hold, read without trusting them."""

    def __init__(self, files: Sequence[Sequence[bytes]]) -> None:
        self.lines: dict[str, list[Event]] = {}
        self.answers: set[tuple[str, str]] = set()
        self.damaged = 0
        self._gaps: list[str] = []
        self._ends: Counter[str] = Counter()
        for lines in files:
            self._read(lines)

    def _read(self, lines: Sequence[bytes]) -> None:
        last: Counter[str] = Counter()
        missed: Counter[str] = Counter()
        damaged = 0
        for line in lines:
            event = _unsealed(line)
            if event is None:
                damaged += bool(line)
                continue
            self.lines.setdefault(event["id"], []).append(event)
            if event["kind"] == "feedback":
                self.answers.add((event["judgment"], event["feedback"]))
            writer, seq = event["writer"], event["seq"]
            if writer not in last and seq == self._ends[writer] + 1:
                last[writer] = seq - 1  # a file may go on counting where the one before ended, or begin at 1
            if seq <= last[writer]:
                self._gaps.append(f"{writer}: {seq} after {last[writer]}")
            missed[writer] += max(0, seq - last[writer] - 1)
            last[writer] = max(seq, last[writer])
        self._ends.update({writer: seq - self._ends[writer] for writer, seq in last.items()})
        self.damaged += damaged
        if sum(missed.values()) > damaged:
            self._gaps.append(f"{+missed} numbers are missing, {damaged} lines are damaged")

    def faults(self) -> list[str]:
        """What is wrong whatever was acknowledged."""
        doubled = [f"{len(lines)} lines of id {name}" for name, lines in self.lines.items() if len(lines) > 1]
        return [*self._gaps, *doubled]

    def missing(self, name: str, expected: Event, acknowledged: Event) -> list[str]:
        """What is wrong with a line that was acknowledged."""
        for line in self.lines.get(name, []):
            if all(line.get(key) == value for key, value in expected.items()):
                return []
        return [f"not in the journal as acknowledged: {show(acknowledged)}"]


def _unsealed(line: bytes) -> Event | None:
    """The event in a line whose checksum holds, else None."""
    body, seal = line[:-_SEAL_WIDTH], line[-_SEAL_WIDTH:]
    if not (seal.startswith(_SEAL) and seal.endswith(b'"}')):
        return None
    if seal[len(_SEAL) : -2] != b"%08x" % zlib.crc32(body):
        return None
    event: Event = json.loads(line)
    return event
