"""A file of a conversation, for those who may see the conversation. That it was opened is logged."""

from uuid import UUID

from aiohttp import web

from bot.conversations.attachments import read_attachment
from bot.privacy.sealing import SealError
from channels.attachments import as_file
from console import audit
from console.access import needs, operator_of
from console.keys import ENGINE
from console.security import refusal
from console.transcripts.conversation_page import head_of, subject_of

routes = web.RouteTableDef()
UNREADABLE = "Il file è cifrato con una chiave che non c'è più: non si può aprire."


@routes.get("/conversazioni/{id}/allegati/{attachment}", name="conversation_attachment")
@needs("operatore")
async def download(request: web.Request) -> web.StreamResponse:
    """The file, to be saved."""
    async with request.app[ENGINE].begin() as connection:
        head = await head_of(connection, request)
        try:
            found = await read_attachment(connection, UUID(request.match_info["attachment"]))
        except ValueError:
            raise web.HTTPNotFound from None
        except SealError:
            raise refusal(web.HTTPGone, UNREADABLE) from None
        if found is None or found.conversation_id != head["conversation_id"]:
            raise web.HTTPNotFound
        subject = subject_of(found.conversation_id)
        await audit.record(connection, operator_of(request), "allegato letto", subject, allegato=str(found.id))
    return as_file(found)
