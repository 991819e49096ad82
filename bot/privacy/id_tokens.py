"""Tokens for addresses that only one person has: each names a thing and proves that we gave it out.

Nothing is stored: a token is the thing's id followed by half of its keyed fingerprint, 43 characters that may stand in an
address. The purpose is part of the proof, so a token for one kind of thing opens no other.
"""

import base64
import binascii
import hmac
from uuid import UUID

from bot.privacy.sealing import fingerprint, fingerprints

ID_BYTES = 16
PROOF_BYTES = 16


class TokenError(ValueError):
    """Not a token of ours."""


def token_of(purpose: str, thing: UUID) -> str:
    """The token of a thing; the same each time until the secret changes."""
    return _text(thing.bytes + fingerprint(purpose, thing.hex)[:PROOF_BYTES])


def read_token(purpose: str, token: str) -> UUID:
    """The thing a token names; tokens made with earlier secrets that are still listed are good. Raises `TokenError`."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise TokenError("not a token") from None
    # The last character carries two bits that decoding drops: only one way of writing a token is accepted.
    if len(raw) != ID_BYTES + PROOF_BYTES or _text(raw) != token:
        raise TokenError("not a token")
    thing, proof = UUID(bytes=raw[:ID_BYTES]), raw[ID_BYTES:]
    # All are compared: the time says nothing about which secret it was.
    known = [hmac.compare_digest(proof, one[:PROOF_BYTES]) for one in fingerprints(purpose, thing.hex)]
    if not any(known):
        raise TokenError("not signed by us")
    return thing


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
