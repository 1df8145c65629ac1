"""A live page of people, the population and operations, and its data: from journal and ledger alone. No JAX."""

from bayesian_verifier.dashboard._admission import PageRules, page_rules
from bayesian_verifier.dashboard._app import PREFIX, Dashboard, Decisions
from bayesian_verifier.dashboard._cache import Cache, Hears, WindowHeard
from bayesian_verifier.dashboard._deciding import Decides
from bayesian_verifier.dashboard._models import ModelFiles
from bayesian_verifier.dashboard._policies import Policies

__all__ = [
    "PREFIX",
    "Cache",
    "Dashboard",
    "Decides",
    "Decisions",
    "Hears",
    "ModelFiles",
    "PageRules",
    "Policies",
    "WindowHeard",
    "page_rules",
]
