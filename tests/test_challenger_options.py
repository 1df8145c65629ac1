"""What `train` and `evaluate` refuse to guess about a challenger; each with exit code 2, before anything is loaded."""

from __future__ import annotations

import pytest

from bayesian_verifier.cli import run
from bayesian_verifier.commands._challenger import _stated
from bayesian_verifier.errors import CallerError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--prior", "0.5,1"], "without --from-journal"),
        (["train", "--prior-from-windows"], "without --from-journal"),
        (["train", "--cold"], "without --from-journal"),
        (["train", "--from-journal", "FILE", "--log", "FILE"], "with --from-journal"),
        (["train", "--from-journal", "FILE", "--weights", "FILE"], "with --from-journal"),
        (["evaluate", "--journal", "FILE"], "for --against"),
        (["evaluate", "VERSION", "--number", "1"], "for --against"),
        (["evaluate", "VERSION", "--against", "VERSION", "--gate", "FILE"], "needs --number"),
        (["evaluate", "--against", "VERSION"], "the challenger"),
    ],
)
def test_options_that_say_nothing_together_are_refused(tmp_path, capfd, arguments, said):
    file = tmp_path / "judgments.jsonl"
    file.write_text("")
    assert run([str(file) if one == "FILE" else one for one in arguments]) == 2
    assert said in capfd.readouterr().err


def test_a_prior_is_stated_as_mean_and_sd():
    assert _stated("0.6, 0.8") == (0.6, 0.8)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "nan,1", "0,inf", "0,0", "0,-1", "inf,1"])
def test_what_is_no_prior_is_refused(text):
    with pytest.raises(CallerError, match="--prior"):
        _stated(text)
