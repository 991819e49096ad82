"""The address of an appointment's page.

Whoever has its token can move and cancel the appointment, so it is told only to whom the appointment is for.
"""

from uuid import UUID

from bot.privacy.id_tokens import TokenError, read_token, token_of
from bot.settings import get_settings

PURPOSE = "appointment page"
PageTokenError = TokenError


def page_token(appointment_id: UUID) -> str:
    """The token of an appointment; the same each time until the secret changes."""
    return token_of(PURPOSE, appointment_id)


def read_page_token(token: str) -> UUID:
    """The appointment a token names. Raises `PageTokenError`."""
    return read_token(PURPOSE, token)


def page_url(appointment_id: UUID) -> str:
    """The full address of the appointment's page, for messages and calendars."""
    return f"{get_settings().public_url.rstrip('/')}/appuntamenti/{page_token(appointment_id)}"
