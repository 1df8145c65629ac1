"""Under which name is a request counted?

As the route it reaches, placeholders and all; what reaches none shares one name, so that nobody can fill the
memory with names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.routing import Route

OTHER = "other"


def route_names(routes: Iterable[Route]) -> Callable[[str], str]:
    """The function from a path to the name of its route; method and version of the model do not matter."""
    known = list(routes)
    plain = {route.path for route in known}
    patterns = [(route.path_regex, route.path) for route in known if route.param_convertors]

    def name(path: str) -> str:
        if path in plain:
            return path
        return next((label for pattern, label in patterns if pattern.match(path)), OTHER)

    return name
