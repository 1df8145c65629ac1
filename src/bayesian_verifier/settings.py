"""Which settings does the service run with?

Read once from the shipped configs/service.toml, a file named by BV_CONFIG, the environment (BV_…) and the
command line, each winning over the one before, into one frozen value. Nothing else reads the environment.
"""

from __future__ import annotations

import difflib
import ipaddress
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
)

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "BV_"
CONFIG_VARIABLE = "BV_CONFIG"
PACKAGE = Path(__file__).resolve().parent
MIN_TOKEN, MAX_TOKEN = 16, 4096


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError("not a power of two")
    return value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_empty)]


class Settings(BaseModel):
    """Everything the service can be told. A field's description says what is expected of its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, description="a host name or address to listen on")
    port: int = Field(ge=0, le=65535, description="a TCP port, 0 to 65535")
    uds: OptionalPath = Field(description="a path for a Unix socket, or nothing")
    model_store: OptionalPath = Field(description="a directory, or nothing for the shipped models")
    model_name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", description="the name of a model in the store"
    )
    token_file: OptionalPath = Field(description="a file holding the bearer token, or nothing")
    journal: str = Field(min_length=1, description="the path of a journal")
    ledger: OptionalPath = Field(
        description="the path of a ledger, or nothing for ledger.jsonl beside the journal"
    )
    policies: OptionalPath = Field(description="a directory of policies, or nothing for the shipped one")
    dashboard: Literal["auto", "on", "off"] = Field(description="auto, on or off")
    queue_limit: int = Field(ge=1, le=100_000, description="a whole number, 1 to 100000")
    summary_points: Annotated[int, AfterValidator(_power_of_two)] = Field(
        ge=64, le=4096, description="a power of two, 64 to 4096"
    )
    reload_seconds: float = Field(ge=0, le=86400, description="seconds, 0 (off) to 86400")
    head_seconds: float = Field(gt=0, le=3600, description="seconds, above 0 and up to 3600")
    body_seconds: float = Field(gt=0, le=3600, description="seconds, above 0 and up to 3600")
    keep_alive_seconds: int = Field(ge=1, le=3600, description="whole seconds, 1 to 3600")
    head_bytes: int = Field(ge=1024, le=1_048_576, description="a whole number of bytes, 1024 to 1048576")
    head_count: int = Field(ge=8, le=10_000, description="a whole number, 8 to 10000")
    connection_limit: int = Field(ge=1, le=100_000, description="a whole number, 1 to 100000")
    drain_seconds: float = Field(ge=0, le=3600, description="seconds, 0 to 3600")
    grace_seconds: float = Field(ge=0, le=3600, description="seconds, 0 to 3600")
    compilation_cache: str = Field(min_length=1, description='a directory, "auto" or "off"')
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        description="debug, info, warning or error"
    )
    log_format: Literal["auto", "json", "text"] = Field(description="auto, json or text")
    traces: Literal["off", "otlp"] = Field(description="off or otlp")
    _places: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_booleans(cls, value: object) -> object:
        """`port = true` would read as 1."""
        if isinstance(value, bool):
            raise ValueError("a boolean")  # noqa: TRY004 pydantic reports only ValueErrors
        return value

    def place(self, key: str) -> str:
        """A setting under the name that whoever set it gave it: BV_PORT, --port, or port in a file."""
        return self._places.get(key, PREFIX + key.upper())

    @property
    def off_machine(self) -> bool:
        """Whether anybody but this machine could connect."""
        return self.uds is None and not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address or host name means this machine only; an unknown name does not."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings from the shipped file, BV_CONFIG's file, environ and overrides (None values are skipped).

    Raises SettingsError naming the first setting that is unknown, missing or out of range, or the file that
    cannot be read; also when the service would listen beyond this machine without a token.
    """
    shipped = shipped_config()
    layers = [(str(shipped), _read_toml(shipped))]
    if named := environ.get(CONFIG_VARIABLE):
        layers.append((named, _read_toml(Path(named))))
    values: dict[str, object] = {}
    places: dict[str, str] = {}
    for place, layer in layers:
        for key, value in layer.items():
            values[key], places[key] = value, f"{key} in {place}"
    for key, text in _from_environment(environ).items():
        values[key], places[key] = text, PREFIX + key.upper()
    for key, chosen in (overrides or {}).items():
        if chosen is not None:
            values[key], places[key] = chosen, "--" + key.replace("_", "-")
    settings = _validated(values, places)
    if settings.off_machine and settings.token_file is None:
        raise SettingsError(
            f"{places['host']}: listening on {settings.host} opens the service beyond this machine, "
            "which needs a token: set BV_TOKEN_FILE, or listen on 127.0.0.1"
        )
    return settings


def read_token(settings: Settings) -> str | None:
    """The bearer token in the file that settings name, without surrounding white space; None where they name none.

    Raises SettingsError when the file cannot be read or does not hold 16 to 4096 printable ASCII characters.
    """
    path = settings.token_file
    if path is None:
        return None
    place = settings.place("token_file")
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{place}: cannot read a token from {path}: {_reason(exc)}") from exc
    if not (MIN_TOKEN <= len(token) <= MAX_TOKEN) or not all("!" <= character <= "~" for character in token):
        raise SettingsError(
            f"{place}: {path} must hold {MIN_TOKEN} to {MAX_TOKEN} printable ASCII characters, no spaces"
        )
    return token


def compilation_cache(settings: Settings, environ: Mapping[str, str]) -> Path | None:
    """Where compiled functions are kept between starts; None for nowhere."""
    if settings.compilation_cache == "off":
        return None
    if settings.compilation_cache != "auto":
        return Path(settings.compilation_cache)
    base = environ.get("XDG_CACHE_HOME")
    home = environ.get("HOME")
    if base:
        return Path(base) / "bayesian-verifier" / "jax"
    return Path(home) / ".cache" / "bayesian-verifier" / "jax" if home else None


def model_store(settings: Settings) -> Path:
    """The directory of the model store: the one named, else the one shipped with the package."""
    return settings.model_store or PACKAGE / "shipped_models"


def ledger_of(settings: Settings) -> Path:
    """The ledger: the one named, else the one beside the journal."""
    return settings.ledger or Path(settings.journal).with_name("ledger.jsonl")


def shipped_config(name: str = "service.toml") -> Path:
    """A file of configs/: inside an installed package, at the repository's root beside an editable one."""
    inside = PACKAGE / "configs" / name
    return inside if inside.exists() else PACKAGE.parents[1] / "configs" / name


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name != CONFIG_VARIABLE):
        key = variable.removeprefix(PREFIX).lower()
        if key not in Settings.model_fields or variable != variable.upper():
            known = [PREFIX + field.upper() for field in Settings.model_fields] + [CONFIG_VARIABLE]
            raise SettingsError(f"{variable} is not a setting{_nearest(variable.upper(), known)}")
        found[key] = environ[variable]
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise SettingsError(f"cannot read the settings in {path}: {_reason(exc)}") from exc
    for key in values:
        if key not in Settings.model_fields:
            raise SettingsError(
                f"{key} in {path} is not a setting{_nearest(key, list(Settings.model_fields))}"
            )
    return values


def _validated(values: Mapping[str, object], places: Mapping[str, str]) -> Settings:
    try:
        settings = Settings.model_validate(dict(values))
    except ValidationError as exc:
        key = str(exc.errors()[0]["loc"][0])
        expected = (
            Settings.model_fields[key].description if key in Settings.model_fields else "no such setting"
        )
        if key not in values:
            raise SettingsError(f"{PREFIX}{key.upper()} is missing: expected {expected}") from exc
        raise SettingsError(f"{places[key]}: expected {expected}, got {values[key]!r}") from exc
    settings._places = places  # noqa: SLF001 where they come from is no setting
    return settings


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _reason(exc: Exception) -> str:
    return exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)
