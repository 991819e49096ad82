"""Sealing personal data with the system's secret: encryption for what is read back, keyed hashes for what is only compared.

The secret is `SPORTELLO_SECRET_KEY`: any text of 32 characters or more. Several, separated by commas, are all tried
when opening and the first is used for sealing, so that the secret can be changed without losing what was sealed.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.settings import SettingsError, get_settings

MIN_SECRET_CHARS = 32


class SealError(Exception):
    """What is stored was sealed with a secret that is no longer known."""


def _secrets() -> list[str]:
    secret = get_settings().secret_key
    if secret is None:
        raise SettingsError("SPORTELLO_SECRET_KEY manca: serve per cifrare i dati personali (almeno 32 caratteri)")
    secrets = [one.strip() for one in secret.get_secret_value().split(",")]
    if any(len(one) < MIN_SECRET_CHARS for one in secrets):
        raise SettingsError(f"SPORTELLO_SECRET_KEY deve avere almeno {MIN_SECRET_CHARS} caratteri")
    return secrets


def _derived(secret: str, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha512(secret.encode()).digest(), digest_size=32).digest()


@lru_cache(maxsize=8)
def _box(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(one, "seal"))) for one in secrets])


def seal(text: str) -> bytes:
    """Encrypt and authenticate a text. Raises `SettingsError` when no usable secret is set."""
    return seal_bytes(text.encode(errors="replace"))


def unseal(sealed: bytes) -> str:
    """The text again. Raises `SealError` when no known secret opens it."""
    return unseal_bytes(sealed).decode()


def seal_bytes(content: bytes) -> bytes:
    """The same for what is no text; a third longer than it was."""
    return _box(tuple(_secrets())).encrypt(content)


def unseal_bytes(sealed: bytes) -> bytes:
    """The content again. Raises `SealError` when no known secret opens it."""
    try:
        return _box(tuple(_secrets())).decrypt(sealed)
    except InvalidToken:
        raise SealError("il dato è cifrato con un'altra SPORTELLO_SECRET_KEY") from None


def fingerprint(purpose: str, text: str) -> bytes:
    """A keyed hash: equal texts have equal fingerprints, and without the secret nobody can try texts out."""
    return hmac.digest(_derived(_secrets()[0], purpose), text.encode(errors="replace"), "sha256")


def fingerprints(purpose: str, text: str) -> list[bytes]:
    """The fingerprint under each known secret, to find what was stored before the secret changed."""
    return [hmac.digest(_derived(one, purpose), text.encode(errors="replace"), "sha256") for one in _secrets()]
