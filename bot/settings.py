"""All configuration, typed and read once from the environment (and `.env`); `.env.example` documents each entry."""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]
_DAY, _TIME = "(?:mon|tue|wed|thu|fri|sat|sun)", r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS = rf"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}"
_DESK_HOURS = rf"{_HOURS}(?:\s*,\s*{_HOURS})*"


class SettingsError(Exception):
    """The configuration cannot be used."""


class Settings(BaseSettings):
    """One instance per process, from `get_settings()`. Durations in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="SPORTELLO_", env_file=ROOT / ".env", extra="ignore", frozen=True)

    # Where things are kept
    data_dir: Path = ROOT / "var"
    project_dir: Path = ROOT  # examples, domain and knowledge: what operators teach is written here
    cache_dir: Path = Path.home() / ".cache" / "sportello"
    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL")] = None
    min_free_disk_mb: int = 300

    # Where processes listen
    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    rasa_port: Port = 5005
    actions_port: Port = 5055
    trusted_proxies: int = Field(0, ge=0, le=5)
    console_host: str = "127.0.0.1"
    console_port: Port = 8081
    console_url: str = "http://127.0.0.1:8081"

    # What is said about the agency
    freephone: str = "800 184704"
    knowledge_max_age_days: int = Field(540, ge=1)

    # Web chat limits
    max_body_bytes: int = 64 * 1024
    max_text_chars: int = 4000
    conversation_rate: float = Field(5.0, gt=0)
    conversation_burst: int = Field(20, ge=1)
    ip_rate: float = Field(60.0, gt=0)
    ip_burst: int = Field(240, ge=1)
    new_conversation_rate: float = Field(10.0, gt=0)
    new_conversation_burst: int = Field(200, ge=1)
    max_open_polls: int = Field(5000, ge=1)
    webchat_expiry_hours: int = Field(168, ge=1)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()

    # The way of a message
    worker_concurrency: int = Field(16, ge=1)
    notice_after: float = Field(10.0, gt=0)
    reply_timeout: float = Field(20.0, gt=0)
    encoder: Literal["full", "small"] = "full"

    # The agenda
    secret_key: SecretStr | None = None
    public_url: str = "http://127.0.0.1:8080"
    video_url_template: str = "https://video.example.org/{room}"
    hold_minutes: int = Field(5, ge=1, le=60)
    offer_minutes: int = Field(120, ge=1)
    outcome_undo_minutes: float = Field(10, ge=0)  # "held" and "missed" can be taken back; who missed is told after it
    sample_calendar: bool = True

    # A person instead of the assistant. Hours as `mon-fri 09:00-16:00`, several separated by commas; none on holidays
    desk_hours: str = "mon-fri 09:00-16:00"
    handoff_patience: float = Field(10, gt=0)  # minutes until a request nobody takes is given up
    handoff_idle: float = Field(30, gt=0)  # minutes until an operator who does not answer loses the conversation
    attachment_max_mb: float = Field(5, gt=0, le=15)  # largest file an operator may send; 1 MB = 1,000,000 bytes
    promise_hours: float = Field(4, gt=0, le=40)  # opening hours within which a question left is answered

    # Privacy: for how many days each kind of data is kept
    retention_transcripts_days: int = Field(365, ge=1)
    retention_private_answers_days: int = Field(30, ge=1)
    retention_appointments_days: int = Field(180, ge=1)
    retention_call_backs_days: int = Field(30, ge=1)
    retention_tracker_days: int = Field(30, ge=1)
    retention_incidents_days: int = Field(90, ge=1)
    retention_audit_days: int = Field(3650, ge=365)
    retention_hour: int = Field(3, ge=0, le=23)  # of the night, Italian time
    erase_grace: float = Field(20, ge=0)  # seconds in which a citizen can still read the receipt of an erasure

    # Channels: each is off until its credentials are set
    telegram_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_bot_name: str | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_api_url: str = "https://api.twilio.com"
    twilio_whatsapp_from: str | None = None
    twilio_sms_from: str | None = None
    twilio_reminder_content_sid: str | None = None
    twilio_content_sids: Annotated[dict[str, str], NoDecode] = {}
    sms_segment_price: Decimal | None = Field(None, ge=0, le=10)  # euros; unset, figures count segments only
    sender_rate: float = Field(1.0, gt=0)
    sender_burst: int = Field(20, ge=1)
    webhook_rate: float = Field(200.0, gt=0)
    webhook_burst: int = Field(1000, ge=1)

    # The clock
    now: datetime | None = None
    clock_offset: float = 0.0

    # The operators' console
    console_idle_minutes: int = Field(30, ge=1)
    console_session_hours: int = Field(10, ge=1)
    console_oidc_issuer: str | None = None
    console_oidc_client_id: str | None = None
    console_oidc_client_secret: SecretStr | None = None
    console_oidc_scopes: str = "openid profile email"
    console_oidc_role_claim: str = "roles"
    console_oidc_roles: Annotated[dict[str, str], NoDecode] = {}
    console_oidc_centres_claim: str = "centres"

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = False

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        if not all(origin.startswith(("http://", "https://")) for origin in origins):
            raise ValueError("scrivi gli indirizzi completi separati da virgole, come https://www.example.org")
        return origins

    @field_validator("console_oidc_roles", mode="before")
    @classmethod
    def _split_roles(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
        if not all(group and role in ("operatore", "supervisore", "amministratore") for group, _, role in pairs):
            raise ValueError("scrivi gruppo=ruolo separati da virgole; i ruoli: operatore, supervisore, amministratore")
        return {group: role for group, _, role in pairs}

    @field_validator("twilio_content_sids", mode="before")
    @classmethod
    def _split_contents(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
        if not all(key and re.fullmatch(r"HX[0-9a-fA-F]{32}", sid) for key, _, sid in pairs):
            raise ValueError("copia la riga scritta da: sportello twilio contenuti")
        return {key: sid for key, _, sid in pairs}

    @field_validator("desk_hours")
    @classmethod
    def _readable_hours(cls, value: str) -> str:
        if re.fullmatch(_DESK_HOURS, value.strip()) is None:
            raise ValueError("scrivi giorni e ore come mon-fri 09:00-16:00, più tratti separati da virgole")
        return value.strip()

    @model_validator(mode="after")
    def _no_false_clock_on_real_channels(self) -> Self:
        configured = [
            name
            for name, secret, url in (
                ("Telegram", self.telegram_token, self.telegram_api_url),
                ("Twilio", self.twilio_auth_token, self.twilio_api_url),
            )
            # On loopback stands a double: nobody is reached, so any date may be told.
            if secret and urlsplit(url).hostname not in ("127.0.0.1", "localhost")
        ]
        if (self.now is not None or self.clock_offset) and configured:
            raise ValueError(f"con canali veri ({', '.join(configured)}) l'orologio non si sposta")
        return self

    @property
    def rasa_url(self) -> str:
        """Address of the understanding and dialogue process, on loopback."""
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        """Address Rasa calls for actions, on loopback."""
        return f"http://127.0.0.1:{self.actions_port}/webhook"

    @property
    def models_dir(self) -> Path:
        """Trained models; they can be made again at any time, so they live in the cache."""
        return self.cache_dir / "models"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process.

    Raises `SettingsError` naming the variable that is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]).upper() or "NOW"
        if name != "DATABASE_URL":
            name = f"SPORTELLO_{name}"
        raise SettingsError(f"{name}: {first['msg']}") from None
