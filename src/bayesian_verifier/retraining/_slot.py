"""Is it a quiet hour, and is the machine quiet? The night in the settings, and the load that is really there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import time

    from bayesian_verifier.retraining._settings import SlotSettings

_PRESSURE = Path("/proc/pressure/cpu")


class Load(NamedTuple):
    """How busy a machine is. average: 5-minute load average per core.   pressure: percent of the last minute in which
    somebody waited for a core; None where the kernel does not say.
    """

    average: float
    pressure: float | None


class Slot(NamedTuple):
    """Whether batch work may begin now, and why not."""

    is_open: bool
    code: Literal["open", "daytime", "busy"]
    said: str


def slot(local_time: time, load: Load, settings: SlotSettings) -> Slot:
    """Whether it is open at a local time with this load."""
    if not _within(local_time, settings.begins, settings.ends):
        return Slot(
            False,
            "daytime",
            f"it is {local_time:%H:%M}; the slot is {settings.begins:%H:%M} to {settings.ends:%H:%M}",
        )
    if load.average > settings.max_load:
        return Slot(False, "busy", f"load average {load.average:.2f} per core, {settings.max_load:g} allowed")
    if load.pressure is not None and load.pressure > settings.max_pressure:
        return Slot(
            False,
            "busy",
            f"cores were waited for {load.pressure:.0f}% of a minute, {settings.max_pressure:g}% allowed",
        )
    return Slot(True, "open", "a quiet hour on a quiet machine")


def machine_load(pressure_file: Path = _PRESSURE) -> Load:
    """The load of this machine, now."""
    return Load(os.getloadavg()[1] / (os.cpu_count() or 1), _pressure(pressure_file))


def _within(at: time, begins: time, ends: time) -> bool:
    """In a window of the day; one that ends before it begins goes over midnight."""
    return begins <= at < ends if begins <= ends else at >= begins or at < ends


def _pressure(file: Path) -> float | None:
    try:
        found = re.search(r"^some .*\bavg60=([0-9.]+)", file.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return None
    return float(found[1]) if found else None
