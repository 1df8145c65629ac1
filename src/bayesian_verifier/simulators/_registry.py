"""Which simulators are installed, and how is one found by name?"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from bayesian_verifier.simulators._protocol import Simulator

GROUP = "bayesian_verifier.simulators"


def installed_simulators() -> dict[str, str]:
    """The package that brings each installed simulator, by name, in the order of names."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: "" if point.dist is None else point.dist.name for point in points}


def load_simulator(name: str) -> Simulator:
    """The simulator registered under `name` in the entry-point group `bayesian_verifier.simulators`.

    Raises SettingsError when no installed package offers it, or the one that does fails at it.
    """
    for point in entry_points(group=GROUP):
        if point.name == name:
            try:
                return cast("Simulator", point.load()())
            except Exception as exc:  # whatever somebody's package raises, one plug-in is at fault
                package = "an installed package" if point.dist is None else point.dist.name
                raise SettingsError(
                    f"simulator {name!r} of {package} cannot be loaded from {point.value}: "
                    f"{type(exc).__name__}: {exc}; mend or remove that package"
                ) from exc
    known = ", ".join(installed_simulators()) or "none"
    raise SettingsError(f"simulator {name!r} is not installed (installed: {known})")
