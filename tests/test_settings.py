"""Settings: which layer wins, and what stops the start."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.settings import (
    Settings,
    compilation_cache,
    is_loopback,
    model_store,
    read_settings,
    read_token,
    shipped_config,
)


def test_without_anything_the_shipped_file_decides() -> None:
    """Each value is the one written there."""
    shipped = tomllib.loads(shipped_config().read_text())
    settings = read_settings({})
    assert set(shipped) == set(Settings.model_fields)
    for name, value in shipped.items():
        assert getattr(settings, name) == (None if value == "" else value)


def test_the_contract_decides_where_to_listen() -> None:
    """127.0.0.1:8080."""
    settings = read_settings({})
    assert (settings.host, settings.port, settings.uds) == ("127.0.0.1", 8080, None)


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    """Four layers, one value each."""
    own = tmp_path / "own.toml"
    own.write_text('port = 1\nqueue_limit = 1\nlog_level = "error"\n')
    environ = {"BV_CONFIG": str(own), "BV_PORT": "2", "BV_QUEUE_LIMIT": "2"}
    settings = read_settings(environ, {"port": "3", "host": None})
    assert (settings.port, settings.queue_limit, settings.log_level) == (3, 2, "error")
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_an_environment_name(name: str) -> None:
    """BV_ and the name in capitals."""
    value = str(tomllib.loads(shipped_config().read_text())[name])
    assert read_settings({f"BV_{name.upper()}": value}).model_dump() == read_settings({}).model_dump()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"BV_PROT": "1"}, ["BV_PROT", "did you mean BV_PORT?"]),
        ({"BV_port": "1"}, ["BV_port", "did you mean BV_PORT?"]),
        ({"BV_ZZZZ": "1"}, ["BV_ZZZZ", "known are", "BV_QUEUE_LIMIT"]),
        ({"BV_PORT": "abc"}, ["BV_PORT", "0 to 65535", "'abc'"]),
        ({"BV_PORT": "70000"}, ["BV_PORT", "0 to 65535", "'70000'"]),
        ({"BV_PORT": ""}, ["BV_PORT", "0 to 65535"]),
        ({"BV_QUEUE_LIMIT": "0"}, ["BV_QUEUE_LIMIT", "1 to 100000"]),
        ({"BV_SUMMARY_POINTS": "1000"}, ["BV_SUMMARY_POINTS", "power of two"]),
        ({"BV_BODY_SECONDS": "nan"}, ["BV_BODY_SECONDS"]),
        ({"BV_LOG_LEVEL": "loud"}, ["BV_LOG_LEVEL", "debug, info, warning or error"]),
        ({"BV_MODEL_NAME": "../x"}, ["BV_MODEL_NAME"]),
        ({"BV_HOST": "0.0.0.0"}, ["BV_HOST", "BV_TOKEN_FILE"]),  # noqa: S104 refused is the point
        ({"BV_HOST": "::"}, ["BV_HOST", "BV_TOKEN_FILE"]),
        ({"BV_HOST": "side-car"}, ["BV_HOST", "BV_TOKEN_FILE"]),
        ({"BV_CONFIG": "/no/such/file.toml"}, ["/no/such/file.toml", "No such file"]),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_one_line(environ: dict[str, str], said: list[str]) -> None:
    """It names the setting, what was expected and what came, or the nearest name that exists."""
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", ["prot in", "did you mean port?"]),
        ("port = true", ["port in", "0 to 65535"]),
        ("host = true", ["host in"]),
        ("host = 1", ["host in"]),
        ("[port]", ["port in"]),
        ("port = ", ["own.toml"]),
        ("port = 1\nport = 2", ["own.toml"]),
    ],
)
def test_a_bad_file_stops_the_start_and_is_named(tmp_path: Path, text: str, said: list[str]) -> None:
    """With the key, where it can be told."""
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings({"BV_CONFIG": str(own)})
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in said), caught.value


def test_variables_of_others_are_left_alone() -> None:
    """Only BV_ is ours."""
    assert read_settings({"PORT": "1", "ABV_PORT": "2", "bv_port": "3"}).port == 8080


def test_settings_cannot_be_changed_once_read() -> None:
    """A frozen value."""
    with pytest.raises(ValueError, match="frozen"):
        read_settings({}).port = 1  # type: ignore[misc]


@given(st.ip_addresses())
def test_loopback_is_what_the_standard_library_says(address: object) -> None:
    """For every address."""
    assert is_loopback(str(address)) == address.is_loopback  # type: ignore[attr-defined]


def test_beyond_loopback_a_token_opens_the_start(tmp_path: Path) -> None:
    """And a Unix socket needs none."""
    assert read_settings({"BV_HOST": "0.0.0.0", "BV_TOKEN_FILE": str(tmp_path)}).off_machine  # noqa: S104
    assert not read_settings({"BV_HOST": "0.0.0.0", "BV_UDS": "s"}).off_machine  # noqa: S104


@pytest.mark.parametrize(
    "content", [b"", b"short", b"sixteen chars or so", "ä".encode() * 20, b"x" * 5000, b"\xff" * 20]
)
def test_a_token_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """Too short, too long, with a space, not ASCII."""
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="token"):
        read_token(read_settings({"BV_TOKEN_FILE": str(file)}))


def test_a_token_is_read_without_the_newline_behind_it(tmp_path: Path) -> None:
    """As `openssl rand -hex 32 > token` writes it."""
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\n")
    assert read_token(read_settings({"BV_TOKEN_FILE": str(file)})) == "0123456789abcdef"
    assert read_token(read_settings({})) is None


def test_a_token_that_cannot_be_read_is_named_as_it_was_set(tmp_path: Path) -> None:
    """In the environment, in a file of settings, or on the command line."""
    file, nothing = tmp_path / "own.toml", str(tmp_path / "nothing")
    file.write_text(f"token_file = {nothing!r}\n")
    for settings, name in (
        (read_settings({"BV_TOKEN_FILE": nothing}), "BV_TOKEN_FILE"),
        (read_settings({"BV_CONFIG": str(file)}), f"token_file in {file}"),
        (read_settings({}, {"token_file": nothing}), "--token-file"),
    ):
        with pytest.raises(SettingsError) as refused:
            read_token(settings)
        assert str(refused.value) == f"{name}: cannot read a token from {nothing}: No such file or directory"


def test_compiled_functions_are_kept_in_the_users_cache() -> None:
    """XDG first, then home; named or off when told."""
    auto = read_settings({})
    assert compilation_cache(auto, {"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/bayesian-verifier/jax")
    assert compilation_cache(auto, {"HOME": "/h"}) == Path("/h/.cache/bayesian-verifier/jax")
    assert compilation_cache(auto, {}) is None
    assert compilation_cache(read_settings({"BV_COMPILATION_CACHE": "off"}), {"HOME": "/h"}) is None
    assert compilation_cache(read_settings({"BV_COMPILATION_CACHE": "/x"}), {}) == Path("/x")


def test_the_shipped_models_are_served_unless_a_store_is_named() -> None:
    """Inside the package."""
    assert model_store(read_settings({})).name == "shipped_models"
    assert model_store(read_settings({"BV_MODEL_STORE": "/m"})) == Path("/m")
