"""What somebody did on Telegram as an arrival: words for the dialogue, or something the door answers itself."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.addresses import Address, find
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from bot.knowledge.nearest import Point
from bot.privacy.showing import filled_in
from bot.storage.tables import conversations, messages
from channels.arrivals import Arrival
from channels.capabilities import TELEGRAM
from channels.position import located
from channels.problems import CITIZEN_SENTENCES
from channels.sentences import CONTACT_NOT_ASKED, EDITED, GREETING, PRIVACY, PRIVACY_TITLE, say
from channels.telegram_reading import Incoming

PRIVACY_LINK = Link(title=PRIVACY_TITLE, url="/privacy")
START_BUTTONS = (
    Button(title="Trova il centro", payload=make_payload("find_centre")),
    Button(title="Prenota un appuntamento", payload=make_payload("book_appointment")),
    Button(title="Che cosa sai fare?", payload=make_payload("ask_help")),
)
CORRECTED = "(messaggio corretto)"


async def arrival_of(engine: AsyncEngine, incoming: Incoming) -> tuple[Arrival, bool]:
    """The arrival, and whether a new address is to be greeted before it is answered."""
    match incoming.kind:
        case "start":
            return await _started(engine, incoming)
        case "stop":
            return _arrival(incoming, command="stop"), True
        case "help":
            return _arrival(incoming, command="help"), True
        case "media":
            return _arrival(incoming, command="media"), True
        case "privacy":
            return _arrival(incoming, answer=Reply(text=PRIVACY, links=(PRIVACY_LINK,))), True
        case "too_long":
            return _arrival(incoming, answer=Reply(text=CITIZEN_SENTENCES[413])), True
        case "location":
            assert incoming.point is not None
            return located(_arrival(incoming), Point(*incoming.point)), True
        case "contact":
            return await _contact(engine, incoming), True
    return _arrival(incoming), True


def _arrival(incoming: Incoming, **values: object) -> Arrival:
    common = {"channel": TELEGRAM.name, "address": incoming.chat, "channel_message_id": incoming.id}
    return Arrival(**{**common, "text": incoming.text, **values})  # type: ignore[arg-type]


async def _started(engine: AsyncEngine, incoming: Incoming) -> tuple[Arrival, bool]:
    """/start: to somebody new, who we are; to somebody known, that messages go on."""
    async with engine.connect() as connection:
        known = await find(connection, TELEGRAM.name, incoming.chat)
    if known is not None:
        return _arrival(incoming, command="start"), False
    hello = Reply(text=say(GREETING), buttons=START_BUTTONS, links=(PRIVACY_LINK,))
    return _arrival(incoming, answer=hello), False


async def _contact(engine: AsyncEngine, incoming: Incoming) -> Arrival:
    """A number that was asked for is an answer like one written; any other is neither kept nor read."""
    async with engine.connect() as connection:
        address = await find(connection, TELEGRAM.name, incoming.chat)
        if address is not None and await _expects_contact(connection, address):
            return _arrival(incoming)
    return _arrival(incoming, text="(contatto)", answer=Reply(text=CONTACT_NOT_ASKED))


async def _expects_contact(connection: AsyncConnection, address: Address) -> bool:
    query = select(conversations.c.expects).where(conversations.c.id == address.conversation_id)
    return (await connection.execute(query)).scalar_one_or_none() == "contact"


async def edit_of(engine: AsyncEngine, incoming: Incoming) -> Arrival | None:
    """A correction. Before the answer it replaces the words; after it, the person is told to write again.

    None when nothing is left to say. A correction is never a question of its own.
    """
    async with engine.begin() as connection:
        address = await find(connection, TELEGRAM.name, incoming.chat)
        if address is None:
            return None
        mine = (
            messages.c.conversation_id == address.conversation_id,
            messages.c.channel_message_id == incoming.original,
        )
        row = (await connection.execute(select(messages).where(*mine).with_for_update())).mappings().one_or_none()
        if row is None:
            return None
        [before] = await filled_in(connection, address.conversation_id, [(row["text"], row["sealed"])])
        if before == incoming.text:
            return None
        if row["answered_at"] is None and row["sealed"] is None and row["payload"] is None:
            await connection.execute(update(messages).where(*mine).values(text=incoming.text))
            return None
    # What corrects personal data is personal data: the transcript only says that there was something.
    text = CORRECTED if row["sealed"] is not None else incoming.text
    return _arrival(incoming, text=text, answer=Reply(text=EDITED))
