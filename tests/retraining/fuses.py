"""A process that is killed at a chosen place: what it had done stands, and nothing after it has any effect."""

from __future__ import annotations

from bayesian_verifier.retraining import LeaseFile


class KilledError(BaseException):
    """The process is gone."""


class Fuse:
    """Burns when so many effects were seen; from then on nothing has any. left: None never burns."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left

    def effect(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KilledError


class Fused:
    """A thing each method of which may be the last: killed just before it, or just after."""

    def __init__(self, thing, fuse: Fuse, *methods: str) -> None:
        self._thing, self._fuse, self._methods = thing, fuse, methods

    def __getattr__(self, name: str):
        found = getattr(self._thing, name)
        if name not in self._methods:
            return found

        def call(*arguments: object, **named: object) -> object:
            self._fuse.effect()
            done = found(*arguments, **named)
            self._fuse.effect()
            return done

        return call


def fused(scene, left: int | None) -> dict[str, object]:
    """What of a night has effects, all on one fuse."""
    fuse = Fuse(left)
    leases = LeaseFile(scene.home / "lease.json", wall=lambda: scene.now)
    return {
        "ledger": Fused(scene.ledger, fuse, "append"),
        "store": Fused(scene.store, fuse, "promote"),
        "leases": Fused(leases, fuse, "take", "release"),
        "hands": Fused(scene.hands, fuse, "train", "weigh"),
    }
