"""Deployment settings: the only reader of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cohost.errors import Misconfigured

MIB = 1024 * 1024
TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Settings:
    """What an operator decides; a community's own choices live in its row instead."""

    home: Path  # COHOST_HOME: database, uploads and derived files
    database_url: str = field(repr=False)  # COHOST_DATABASE_URL: SQLAlchemy URL, default SQLite under home; a password
    host: str = "127.0.0.1"  # COHOST_HOST
    port: int = 8000  # COHOST_PORT
    public_url: str = "http://127.0.0.1:8000"  # COHOST_PUBLIC_URL: what sign-in links and problem types start with
    embedder: str = "all-MiniLM-L6-v2"  # COHOST_EMBEDDER: this (@float32: unquantised), or a sentence-transformers one
    vector_index: str = "auto"  # COHOST_VECTOR_INDEX: auto | exact | chroma
    chroma_url: str = (
        ""  # COHOST_CHROMA_URL: a Chroma server, http(s)://host:port[/database]; "" = embedded, under home
    )
    chroma_token: str = field(default="", repr=False)  # COHOST_CHROMA_TOKEN: sent to it as a bearer token
    model: str = ""  # COHOST_MODEL: "" = embedded default; else provider:name, such as openai:gpt-5-mini
    model_url: str = ""  # COHOST_MODEL_URL: base URL of an OpenAI-compatible server
    model_key: str = field(default="", repr=False)  # COHOST_MODEL_KEY
    moderation_model: str = (
        ""  # COHOST_MODERATION_MODEL: a second reader of flagged posts, such as omni-moderation-2024-09-26
    )
    model_input_price: float = 0.0  # COHOST_MODEL_INPUT_PRICE: of a million tokens, for estimates; 0 = not known
    model_output_price: float = 0.0  # COHOST_MODEL_OUTPUT_PRICE: the same for tokens that it writes
    model_timeout_s: float = 20.0  # COHOST_MODEL_TIMEOUT_S: whole deadline of a draft, retries included
    model_tokens_per_day: int = (
        2_000_000  # COHOST_MODEL_TOKENS_PER_DAY: per community; over it the embedded default answers
    )
    max_body_bytes: int = 2 * MIB  # COHOST_MAX_BODY_BYTES: JSON bodies
    max_upload_bytes: int = 200 * MIB  # COHOST_MAX_UPLOAD_BYTES: one uploaded file or archive
    rate_calls_per_minute: int = 3000  # COHOST_RATE_CALLS_PER_MINUTE: of one key, session or hook, in each process
    rate_questions_per_minute: int = 60  # COHOST_RATE_QUESTIONS_PER_MINUTE: of one member, in each process
    trusted_proxies: str = "127.0.0.1"  # COHOST_TRUSTED_PROXIES: whose X-Forwarded-For is believed, with commas
    log_level: str = "info"  # COHOST_LOG_LEVEL
    secret_key: str = field(
        default="", repr=False
    )  # COHOST_SECRET_KEY: seals connector secrets; "" = a file under home
    allow_private_addresses: bool = False  # COHOST_ALLOW_PRIVATE_ADDRESSES: requests may go to this machine and network

    @property
    def uploads(self) -> Path:
        """Uploaded files, under random names."""
        return self.home / "uploads"

    @property
    def chroma(self) -> Path:
        """The embedded Chroma store: derived, may be deleted at any time."""
        return self.home / "chroma"

    @property
    def sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.database_url.startswith("sqlite")


def load(environ: Mapping[str, str]) -> Settings:
    """Read `COHOST_*`; raises Misconfigured naming the variable that is wrong or unknown."""
    values = {k: v for k, v in environ.items() if k.startswith("COHOST_") and v != ""}
    home = Path(values.pop("COHOST_HOME", "var")).expanduser().resolve()
    database_url = _psycopg(values.pop("COHOST_DATABASE_URL", f"sqlite:///{home / 'cohost.db'}"))
    fields = {f"COHOST_{name.upper()}": name for name in Settings.__dataclass_fields__}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise Misconfigured(f"{unknown[0]} is not a setting of Cohost; the README lists them.")
    parsed = {fields[key]: _parse(key, fields[key], value) for key, value in values.items()}
    parsed.setdefault("public_url", f"http://{parsed.get('host', '127.0.0.1')}:{parsed.get('port', 8000)}")
    return Settings(home=home, database_url=database_url, **parsed)  # type: ignore[arg-type]  # parsed by field type


def _psycopg(url: str) -> str:
    """`postgresql://` means psycopg 3 here, whatever SQLAlchemy's default is."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _parse(key: str, name: str, value: str) -> str | int | float:
    default = Settings.__dataclass_fields__[name].default
    if isinstance(default, bool):
        return _truth(key, value)
    if not isinstance(default, (int, float)):
        return value.rstrip("/") if name.endswith("_url") else value
    try:
        return type(default)(value)
    except ValueError:
        raise Misconfigured(f"{key} must be a number, not {value!r}.") from None


def _truth(key: str, value: str) -> bool:
    if value not in TRUTH:
        raise Misconfigured(f"{key} must be true or false (or 1 or 0), not {value!r}.")
    return TRUTH[value]
