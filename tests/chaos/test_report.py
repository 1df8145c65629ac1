"""Does the page say what the log holds?"""

from __future__ import annotations

import json

from chaos.bad_logs import line_lost, two_probes_at_once
from chaos.checker import check
from chaos.made_up import Log, good
from chaos.report import figures, page

ABOUT = {"seed": 1, "seconds": 3.0}


def figures_of(log: Log) -> dict[str, object]:
    """As they are written."""
    evidence = log.evidence()
    found = figures(evidence, check(evidence))
    assert json.loads(json.dumps(found)) == found
    return found


def test_figures_are_those_of_the_log() -> None:
    """Counted by hand in the log that was made up by hand."""
    found = figures_of(good())
    assert found["calls"] == 9
    assert found["outcomes"] == {"posterior": 4, "circuit_open": 2, "overloaded": 2, "timeout": 1}
    assert found["overshoot_ms"]["threads"]["calls"]["max"] == 0.4
    assert found["overshoot_ms"]["threads"]["bare sleeps"] == {"count": 40} | dict.fromkeys(
        ("p50", "p99", "p99.9", "max"), 0.5
    )
    assert found["journal"]["lines"] == found["journal"]["lines_acknowledged"] == 11
    assert (found["lines_lost"], found["promises_broken"]) == (0, 0)


def test_what_broke_is_said_with_its_evidence() -> None:
    """In the heading, in the table and below."""
    log = good()
    line_lost(log)
    two_probes_at_once(log)
    evidence = log.evidence()
    verdicts = check(evidence)
    found = figures_of(log)
    assert (found["lines_lost"], found["promises_broken"]) == (1, 2)
    text = page(ABOUT, found, verdicts)
    assert text.startswith("# A storm of 3 s, seed 1: 2 promises BROKEN")
    assert "| P10 |" in text
    assert "## P10 was broken 1 times" in text
    assert "not in the journal as acknowledged" in text
    assert "no promise broken" in page(ABOUT, figures_of(good()), check(good().evidence()))
