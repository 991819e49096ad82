"""Files sent to citizens, each at an address only its citizen has. Always saved, never opened inside our own pages."""

import re
import unicodedata
from urllib.parse import quote
from uuid import uuid4

import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from bot.conversations.attachments import PATH, Attachment, read_attachment, read_attachment_token
from bot.privacy.id_tokens import TokenError
from bot.privacy.sealing import SealError
from channels.appointment_pages.outcomes import as_page
from channels.appointment_pages.render import PRIVATE, problem
from channels.webchat import ENGINE, client_address, take

log = structlog.get_logger()

SANDBOX = "default-src 'none'; sandbox"
"""For clients that show a file all the same: nothing in it runs, nothing is fetched."""


@as_page
async def download(request: web.Request) -> web.StreamResponse:
    """The file; a page that says so when it is not there any more."""
    take(request, "ip", client_address(request))
    try:
        attachment_id = read_attachment_token(request.match_info["token"])
        async with request.app[ENGINE].connect() as connection:
            found = await read_attachment(connection, attachment_id)
    except TokenError:
        return _not_found()
    except (DBAPIError, SealError) as error:
        number = uuid4().hex[:12]
        # The reason may quote values of the statement: only the kind is kept.
        log.warning("file not given", id=number, reason=type(error).__name__)
        sentences = ("C'è stato un problema nostro.", "Riprova fra qualche minuto.")
        return problem(503, "Adesso il file non si apre", *sentences, number=number, retry_after=30)
    return _not_found() if found is None else as_file(found)


async def nowhere(request: web.Request) -> web.StreamResponse:
    """Any other address below: most often one that was cut when it was copied."""
    return _not_found()


def _not_found() -> web.Response:
    return problem(
        404,
        "Questo file non c'è più",
        "Lo abbiamo cancellato insieme alla conversazione, oppure l'indirizzo è incompleto.",
        "Riprova dal messaggio che hai ricevuto. Se ti serve ancora, scrivi nella chat.",
    )


def as_file(found: Attachment) -> web.Response:
    """An answer that a browser saves under the file's name."""
    charset = "; charset=utf-8" if found.media_type == "text/plain" else ""
    headers = {
        "Content-Type": f"{found.media_type}{charset}",
        "Content-Disposition": disposition(found.name),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=found.content, headers=PRIVATE | headers)


def disposition(name: str) -> str:
    """RFC 6266: the name in plain letters for old clients, and as it is for the others."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w .()-]", "_", plain).strip() or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


routes = [
    web.get(f"{PATH}{{token}}", download, name="attachment"),
    web.get(f"{PATH}{{tail:.*}}", nowhere, name="attachment_nowhere"),
]
