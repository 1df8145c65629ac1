"""What does `retrain check` find, and what does it print?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from bayesian_verifier.commands._retrain_night import Files


def check_document(files: Files, *, forced: bool) -> dict[str, Any]:
    """What a run would do now. when: "now", "later" (slot or lease say no) or "nothing".

    Raises ArtifactError where no version answers, SettingsError, JournalError.
    """
    from bayesian_verifier.commands._retrain_night import seen_of, settings_of, store_of
    from bayesian_verifier.journal import News
    from bayesian_verifier.retraining import LeaseFile, due, known_of, machine_load, operations, plan, slot_at

    settings, store, now = settings_of(files), store_of(files), time.time()
    champion, holder = store.champion(), LeaseFile(files.lease).holder()
    if champion is None:
        raise ArtifactError(f"{store.name}: no version is current, so there is none to be better than")
    news = News(files.ledger)
    done = operations(news.read().events)
    news.close()
    journal = seen_of(files.journal)
    running = {one.started.run for one in done.trainings if one.ended is None}
    dead = {one for one in running if holder is None or holder.id != one}
    left = due(done, champion.version, now, approval=settings.promotion.approval, dead=dead)
    hour, load = slot_at(now, machine_load(), settings.slot), machine_load()
    found = plan(done, journal, champion, now, settings.trigger, forced=forced)
    known = known_of(done, journal, champion, now, settings.trigger)
    may = hour.is_open and holder is None
    when = "nothing" if found.do == "nothing" else "now" if may or found.do == "ask" else "later"
    return {
        "when": "now" if left else when,
        "left_to_do": None if left is None else left._asdict(),
        "plan": {"do": found.do, "code": found.code, "said": found.said},
        "trigger": {
            "people": known.alarms.people,
            "alarmed": known.alarms.alarmed,
            "share": known.alarms.share,
            "armed": known.armed,
            "windows_since_trained": known.windows,
            "trainings": len(known.starts),
            "running": bool(running - dead),
        },
        "slot": {"open": hour.is_open, "code": hour.code, "said": hour.said},
        "load": load._asdict(),
        "lease": None
        if holder is None
        else {"owner": holder.owner, "purpose": holder.purpose, "until": holder.until},
        "champion": champion.version,
    }


def print_check(found: dict[str, Any]) -> None:
    """For people."""
    trigger, plan, lease = found["trigger"], found["plan"], found["lease"]
    words = {
        "now": "would act now",
        "later": "there is something to do, but not now",
        "nothing": "nothing to do",
    }
    click.echo(words[found["when"]])
    if left := found["left_to_do"]:
        click.echo(f"  left by an earlier run: {left['do']} {left['of']}: {left['said']}")
    click.echo(f"  plan: {plan['do']} ({plan['code']}): {plan['said']}")
    armed = "armed" if trigger["armed"] else "not armed"
    click.echo(
        f"  trigger: {armed}; {trigger['alarmed']} of {trigger['people']} people with an alarm, "
        f"{trigger['windows_since_trained']} windows since {found['champion']} was trained"
    )
    click.echo(f"  slot: {'open' if found['slot']['open'] else 'closed'}: {found['slot']['said']}")
    click.echo(f"  machine: {'free' if lease is None else lease['owner'] + ' has it'}")
