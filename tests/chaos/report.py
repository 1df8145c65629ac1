"""What does a storm come to on one page?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chaos.evidence import calls_of, killed_callers, of
from chaos.lateness import overshoots, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.evidence import Evidence
    from chaos.verdicts import Verdict

LEVELS = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def figures(evidence: Evidence, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Counts and times, in ms, ready for JSON."""
    answered = list(of(evidence.callers, "answered"))
    servers = Counter(event["what"] for event in of(evidence.storm, "server"))
    faults = Counter(event["fault"] for event in of(evidence.proxy, "done"))
    return {
        "calls": len(answered),
        "outcomes": dict(Counter(event["reason"] or "posterior" for event in answered).most_common()),
        "judgments": sum(event["id"] is not None for event in of(evidence.callers, "judged")),
        "overshoot_ms": {
            kind: {"calls": _spread(over), "bare sleeps": _spread(slept)}
            for kind, slept, over in overshoots(evidence, calls_of(evidence))
        },
        "requests": sum(1 for _ in of(evidence.proxy, "arrived")),
        "faults": dict(faults.most_common()),
        "statuses": dict(
            Counter(
                str(event["status"]) for event in of(evidence.proxy, "done") if event.get("status")
            ).most_common()
        ),
        "journal": {
            "lines": sum(bool(line) for lines in evidence.journal for line in lines),
            "lines_acknowledged": sum(1 for _ in of(evidence.writers, "written"))
            + sum(event["recorded"] is True for event in of(evidence.callers, "judged", "fed")),
            "writers_killed": sum(1 for _ in of(evidence.writers, "killed")),
            "disk_full": sum(event["state"] == "full" for event in of(evidence.callers, "disk")),
        },
        "service": dict(servers),
        "callers_killed": len(killed_callers(evidence)),
        "lines_lost": next(len(one.broken) for one in verdicts if one.promise == "P11"),
        "promises_broken": sum(not one.held for one in verdicts),
        "promises": {one.promise: {"held": one.held, "examined": one.examined} for one in verdicts},
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles in ms."""
    if not seconds:
        return {"count": 0}
    times = {name: round(1e3 * quantile(seconds, level), 2) for name, level in LEVELS.items()}
    return {"count": len(seconds)} | times


def page(about: dict[str, Any], found: dict[str, Any], verdicts: Sequence[Verdict]) -> str:
    """The report in Markdown. about: what was run, by name."""
    verdict = (
        "no promise broken" if not found["promises_broken"] else f"{found['promises_broken']} promises BROKEN"
    )
    journal = found["journal"]
    acknowledged = journal["lines_acknowledged"]
    lines = [
        f"# A storm of {about['seconds']:.0f} s, seed {about['seed']}: {verdict}",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        f"- calls of the client: {found['calls']}, judgments: {found['judgments']}",
        f"- requests that the proxy saw: {found['requests']}",
        f"- lines of the journal: {journal['lines']}, acknowledged {acknowledged}, lost {found['lines_lost']}",
        f"- killed: {journal['writers_killed']} writers, {found['callers_killed']} callers",
        f"- disk full: {journal['disk_full']} times",
        f"- service: {', '.join(f'{count} times {what}' for what, count in found['service'].items())}",
        "",
        *_table(("promise", "examined", "held"), [
            (name, one["examined"], "yes" if one["held"] else "**no**") for name, one in found["promises"].items()
        ]),
        "",
        "How late calls were that met their deadline, beside bare sleeps of the same length, in ms:",
        "",
        *_table(("", "count", *LEVELS), [
            (f"{kind}, {what}", spread["count"], *(spread.get(level, "") for level in LEVELS))
            for kind, both in found["overshoot_ms"].items()
            for what, spread in both.items()
        ]),
        "",
        *_table(("outcome", "calls"), list(found["outcomes"].items())),
        "",
        *_table(("fault", "requests"), list(found["faults"].items())),
    ]  # fmt: skip
    for one in verdicts:
        if not one.held:
            lines += ["", f"## {one.promise} was broken {len(one.broken)} times", ""]
            lines += [f"- `{evidence}`" for evidence in one.broken[:20]]
    return "\n".join(lines) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]
