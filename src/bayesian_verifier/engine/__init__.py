"""One function for many tasks, here or on many machines, with the same results."""

from typing import TYPE_CHECKING

from bayesian_verifier.engine._local import LocalEngine
from bayesian_verifier.engine._protocol import Engine, in_order
from bayesian_verifier.lazy import deferred

if TYPE_CHECKING:
    from bayesian_verifier.engine._ray import RayEngine

__all__ = ["LOCAL", "Engine", "LocalEngine", "RayEngine", "in_order"]

#: the one that needs nothing
LOCAL = LocalEngine()
__getattr__ = deferred(__name__, {"_ray": ("RayEngine",)})
