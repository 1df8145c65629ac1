"""The HTTP service: a verified model, compiled, behind a door. JAX only, and only once it loads a model."""

from bayesian_verifier.serving._admission import Admission, admission
from bayesian_verifier.serving._answer import Answer, answer
from bayesian_verifier.serving._app import create_app
from bayesian_verifier.serving._checks import Checks, CorrectionNote
from bayesian_verifier.serving._doorkeeper import Doorkeeper
from bayesian_verifier.serving._engine import Engine, compile_engine
from bayesian_verifier.serving._examples import curl_lines
from bayesian_verifier.serving._listen import ListenError, base_url, listen_tcp, listen_unix
from bayesian_verifier.serving._loading import (
    current_pointer,
    load_engine,
    verified_model,
    why_not_writable,
)
from bayesian_verifier.serving._log_lines import JsonLines, TextLines
from bayesian_verifier.serving._plain_body import Question
from bayesian_verifier.serving._question import read_question
from bayesian_verifier.serving._renewal import Pointer, Renewal
from bayesian_verifier.serving._reply import marginal, reply
from bayesian_verifier.serving._server import DrainingServer, server_of
from bayesian_verifier.serving._spans import otlp_tracer

__all__ = [
    "Admission",
    "Answer",
    "Checks",
    "CorrectionNote",
    "Doorkeeper",
    "DrainingServer",
    "Engine",
    "JsonLines",
    "ListenError",
    "Pointer",
    "Question",
    "Renewal",
    "TextLines",
    "admission",
    "answer",
    "base_url",
    "compile_engine",
    "create_app",
    "curl_lines",
    "current_pointer",
    "listen_tcp",
    "listen_unix",
    "load_engine",
    "marginal",
    "otlp_tracer",
    "read_question",
    "reply",
    "server_of",
    "verified_model",
    "why_not_writable",
]
