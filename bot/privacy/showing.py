"""A transcript as its own citizen sees it: sealed messages opened, ‹nome› and ‹contatto› filled in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.answers import SHOWN, Kind
from bot.privacy.sealing import SealError, unseal
from bot.privacy.store import answers_of

PLACEHOLDERS: dict[str, Kind] = {"‹nome›": "name", "‹contatto›": "contact"}


async def filled_in(
    connection: AsyncConnection, conversation_id: UUID, texts: Sequence[tuple[str, bytes | None]]
) -> list[str]:
    """Each text opened when it was sealed, else with its placeholders filled.

    What was erased, or sealed with a secret that is gone, is shown by its kind.
    """
    known: dict[Kind, str] = {}
    if any("‹" in text for text, _ in texts):
        known = await answers_of(connection, conversation_id)
    return [_opened(text, sealed) if sealed else _filled(text, known) for text, sealed in texts]


def _opened(text: str, sealed: bytes) -> str:
    try:
        return unseal(sealed)
    except SealError:
        return text


def _filled(text: str, known: dict[Kind, str]) -> str:
    for placeholder, kind in PLACEHOLDERS.items():
        text = text.replace(placeholder, known.get(kind, f"({SHOWN[kind]})"))
    return text
