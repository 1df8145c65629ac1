"""Has each part that a Judgment Layer is put together from what it will be called by?

One that lacks it would fail only when somebody waits for it, and be taken for a service or a controller that fails.
"""

from __future__ import annotations

from typing import NamedTuple

from bayesian_verifier.errors import CallerError


class _Part(NamedTuple):
    """By which methods it is called, and one that has them."""

    methods: tuple[str, ...]
    such_as: str
    is_optional: bool = True


_PARTS = {
    "client": _Part(("posterior",), "VerifierClient('http://127.0.0.1:8080')", is_optional=False),
    "controller": _Part(("remember", "assess"), "MetaJudgmentController()", is_optional=False),
    "prover": _Part(("verify",), "Prover(Rules.builtin())"),
    "chooser": _Part(("score",), "a PolicyChooser"),
    "candidate": _Part(("posterior",), "VerifierClient('http://127.0.0.1:8081')"),
}


def check_parts(**given: object) -> None:
    """Raises CallerError for a part that is none, or the class of one."""
    for name, one in given.items():
        methods, such_as, is_optional = _PARTS[name]
        if one is None and is_optional:
            continue
        if isinstance(one, type):
            raise CallerError(f"{name}: expected {one.__name__}(), got the class {one.__name__} itself")
        if not all(callable(getattr(one, method, None)) for method in methods):
            wanted = " and ".join(f"{method}()" for method in methods)
            raise CallerError(f"{name}: expected what has {wanted}, such as {such_as}, got {one!r}")
