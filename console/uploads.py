"""Files in forms: handlers that take them say so, and only theirs may be large."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web

from bot.conversations.model import Upload
from bot.conversations.uploads import ALLOWED, ENDINGS, TOO_LARGE, checked, size_words
from bot.settings import Settings
from channels.capabilities import CHANNELS
from channels.problems import Handler

H = TypeVar("H", bound=Handler)
ATTRIBUTE = "console_takes_files"
FIELD = "allegato"
CHOOSE_AGAIN = "Il file va scelto di nuovo."
ROOM_FOR_REFUSALS = 3
"""A body so many times the limit is still read, so that what was written beside the file is not lost."""


def takes_files(handler: H) -> H:
    """Mark a handler whose form may carry a file."""
    setattr(handler, ATTRIBUTE, True)
    return handler


def with_room(request: web.Request, settings: Settings) -> web.Request:
    """The request, allowed to be as large as its handler's form can be."""
    if not getattr(request.match_info.handler, ATTRIBUTE, False):
        return request
    return request.clone(client_max_size=ROOM_FOR_REFUSALS * most_bytes(settings))


def close_files(form: Mapping[str, Any]) -> None:
    """Let go of the files of a form that was read."""
    for given in form.values():
        if isinstance(given, web.FileField):
            given.file.close()


def most_bytes(settings: Settings) -> int:
    """The largest file."""
    return round(settings.attachment_max_mb * 1_000_000)


async def upload_in(form: Mapping[str, Any], settings: Settings) -> Upload | None:
    """The file chosen, if any. Raises `UploadError`."""
    given = form.get(FIELD)
    if not isinstance(given, web.FileField):
        return None
    most = most_bytes(settings)

    def read() -> Upload:
        return checked(given.filename, given.file.read(most + 1), most_bytes=most)

    return await asyncio.to_thread(read)


def again(form: Mapping[str, Any], error: str) -> str:
    """What was wrong with the rest of the form; browsers do not keep the file that was chosen, too."""
    return f"{error} {CHOOSE_AGAIN}" if isinstance(form.get(FIELD), web.FileField) else error


def field_values(settings: Settings, channel: str) -> dict[str, object]:
    """What `file_field.html` needs."""
    most = size_words(most_bytes(settings))
    sent = CHANNELS.get(channel)
    arrives = "come documento e come collegamento" if sent and sent.documents else "come collegamento da aprire"
    return {
        "file_endings": ",".join(ENDINGS),
        "file_hint": f"Uno per messaggio, al massimo {most}. {ALLOWED} Al cittadino arriva {arrives}.",
        "file_most_bytes": most_bytes(settings),
        "file_too_large": TOO_LARGE.format(most=most),
    }
