"""A trained model on disk: what is in it, where it lives, how it is verified and run."""

from bayesian_verifier.artifact._adopting import adopted
from bayesian_verifier.artifact._function import Emission, PosteriorFunction
from bayesian_verifier.artifact._manifest import Manifest, ParameterNote, digest
from bayesian_verifier.artifact._model import Model, load_model, read_manifest
from bayesian_verifier.artifact._store import ModelStore

__all__ = [
    "Emission",
    "Manifest",
    "Model",
    "ModelStore",
    "ParameterNote",
    "PosteriorFunction",
    "adopted",
    "digest",
    "load_model",
    "read_manifest",
]
