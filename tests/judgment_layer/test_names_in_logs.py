"""Does what is logged keep people's names to itself, whatever goes wrong?"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.errors import BayesianVerifierError
from bayesian_verifier.journal import forget

if TYPE_CHECKING:
    from pathlib import Path

NAME = "zoë.quist@example.org"
CASE = {
    "options": [
        {"outcomes": [{"payoff": 2.0, "probability": 1.0}]},
        {"outcomes": [{"payoff": 5.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
    ]
}


def _layer(path: Path) -> JudgmentLayer:
    """A layer whose service nobody serves, and which waits for the journal to be read."""
    client = VerifierClient("http://127.0.0.1:9", timeout=0.05)
    return JudgmentLayer(client, MetaJudgmentController(), Journal(path), history_timeout=30)


def _resealed(line: bytes, old: bytes, new: bytes) -> bytes:
    body = line.rpartition(b',"crc"')[0].replace(old, new)
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def test_a_name_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Though the journal is damaged, holds what is no evidence, cannot be read, cannot be written, forgets."""
    caplog.set_level(0)
    path = tmp_path / "j.jsonl"
    with _layer(path) as layer:
        made = layer.judge(CASE, subject=NAME)
        layer.feedback(made.id, "approve")
    judged, answered = path.read_bytes().splitlines(keepends=True)
    wrong = [
        judged.replace(b"controller", b"contr0ller"),
        _resealed(judged, b'"chosen":', b'"chosen":"one","was":').replace(made.id.encode(), b"a" * 32),
        _resealed(judged.replace(made.id.encode(), b"b" * 32), b'"probability":1.0', b'"probability":0.5'),
        _resealed(answered.replace(made.id.encode(), b"b" * 32), b"approve", b"approve"),
    ]
    path.write_bytes(b"".join([*wrong, judged, answered]))
    with _layer(path) as layer:
        layer.assess(subject=NAME)
        with pytest.raises(BayesianVerifierError) as said:
            layer.feedback("nobody's", "approve")
        assert NAME not in str(said.value)
    with _layer(tmp_path) as layer:
        layer.judge(CASE, subject=NAME)
        layer.assess(subject=NAME)
    forget(path, NAME)
    assert any("damaged" in record.getMessage() for record in caplog.records)
    assert any("no evidence" in record.getMessage() for record in caplog.records)
    assert any("memory" in record.getMessage() for record in caplog.records)
    assert "zoë" not in caplog.text
    assert "quist" not in caplog.text
    assert NAME.encode() not in path.read_bytes()
