"""The address of an appointment's page: a token that names the appointment and proves that we gave it out.

Nothing is stored: the token is the appointment's id followed by half of its keyed fingerprint, 43 characters that may
stand in an address. Whoever has it can move and cancel the appointment, so it is told only to whom the appointment is for.
"""

import base64
import binascii
import hmac
from uuid import UUID

from bot.privacy.sealing import fingerprint, fingerprints
from bot.settings import get_settings

PURPOSE = "appointment page"
ID_BYTES = 16
PROOF_BYTES = 16


class PageTokenError(ValueError):
    """Not a token of ours."""


def page_token(appointment_id: UUID) -> str:
    """The token of an appointment; the same each time until the secret changes."""
    return _text(appointment_id.bytes + fingerprint(PURPOSE, appointment_id.hex)[:PROOF_BYTES])


def read_page_token(token: str) -> UUID:
    """The appointment a token names; tokens made with earlier secrets that are still listed are good.

    Raises `PageTokenError`.
    """
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise PageTokenError("not a token") from None
    # The last character carries two bits that decoding drops: only one way of writing a token is accepted.
    if len(raw) != ID_BYTES + PROOF_BYTES or _text(raw) != token:
        raise PageTokenError("not a token")
    appointment_id, proof = UUID(bytes=raw[:ID_BYTES]), raw[ID_BYTES:]
    # All are compared: the time says nothing about which secret it was.
    known = [hmac.compare_digest(proof, one[:PROOF_BYTES]) for one in fingerprints(PURPOSE, appointment_id.hex)]
    if not any(known):
        raise PageTokenError("not signed by us")
    return appointment_id


def page_url(appointment_id: UUID) -> str:
    """The full address of the appointment's page, for messages and calendars."""
    return f"{get_settings().public_url.rstrip('/')}/appuntamenti/{page_token(appointment_id)}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
