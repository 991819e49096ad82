"""The chat without scripts: forms and links at /chat, for text browsers, old telephones, pages where scripts are blocked.

The conversation and its token travel in a hidden field, never in an address, and no cookie is set. The token is 256
random bits and proves itself, so it is not signed once more. Every answer to a form is the whole page.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from bot.conversations.model import InboundMessage, Link, Message, Reply
from bot.conversations.presence import Presence, presence_of
from bot.conversations.store import add_outgoing, open_conversation, token_hash_of
from channels.appointment_pages.visit import BOOK
from channels.capabilities import WEBCHAT
from channels.cards import card_of
from channels.inbox import accept
from channels.plain_chat_pages.render import html, shown
from channels.problems import CITIZEN_SENTENCES, Problem
from channels.sentences import GREETING, PRIVACY_TITLE, say
from channels.webchat import (
    ENGINE,
    QUEUE,
    SETTINGS,
    STATEMENTS,
    check_token,
    clean_text,
    client_address,
    take,
)
from channels.webchat_extras import (
    MAX_COMMENT,
    RATINGS,
    erase_now,
    keep_feedback,
    transcript_file,
    transcript_text,
    whole,
)
from channels.webchat_live import wait_for_news

ANSWER_SECONDS = 8.0
OPERATOR_SECONDS = 1.0
UPDATE_SECONDS = 4.0
MOST_SHOWN = 60

NOTHING = "Scrivi un messaggio, poi premi Invia."
NOT_YET = "La risposta non è ancora arrivata. Aspetta un momento, poi premi «Guarda se c'è una risposta»."
NOTHING_NEW = "Non c'è ancora niente di nuovo."
GONE = "Questa conversazione non c'è più. Scrivi qui sotto per cominciarne una nuova."
CHOICE_GONE = "Questa scelta non vale più. Scegli di nuovo, o scrivi."
JUDGE = "Scegli «Sì» o «No», poi invia il giudizio."
JUDGED = "Grazie del giudizio."
ERASED = "Fatto: i tuoi dati sono cancellati. Il numero della ricevuta è {number}."
HELD = (
    "La richiesta è registrata con il numero {number}. Per legge ora dobbiamo tenere la conversazione: la cancelliamo "
    "appena si può."
)

Form = Mapping[str, str]


@dataclass(frozen=True)
class Ticket:
    """A conversation and the token that opens it, as the hidden field has them."""

    conversation_id: UUID
    token: str

    def __str__(self) -> str:
        """As `read_ticket` takes it."""
        return f"{self.conversation_id}.{self.token}"


routes = web.RouteTableDef()


@routes.get("/chat", name="plain_chat")
async def begin(request: web.Request) -> web.Response:
    """The empty chat. Nothing is stored before the first message."""
    return html("chat.html", greeting=say(GREETING))


@routes.post("/chat")
async def turn(request: web.Request) -> web.Response:
    """Take what was written or pressed, wait a while for the answer, show the conversation."""
    form = await read_form(request)
    try:
        ticket = await proved(request, form)
        return await _turn(request, form, ticket)
    except Problem as refused:
        return await _refused(request, form, refused)


async def _turn(request: web.Request, form: Form, ticket: Ticket | None) -> web.Response:
    pressed = [name for name in form if name.startswith("scelta.")]
    if ticket is not None and "aggiorna" in form:
        take(request, "ip", client_address(request))
        seen = _number(form.get("visti", ""))
        if seen:
            await _wait_for_more(request, ticket, seen)
        return await conversation_page(request, ticket, note=NOTHING_NEW if seen else "", seen=seen)
    text = "" if pressed else form.get("testo", "").strip()
    if not pressed and not text:
        return await _page_or_begin(request, ticket, error=NOTHING)
    payload = ""
    if pressed:
        payload = await _payload(request, ticket, pressed[0]) if ticket else ""
        if not payload:
            return await _page_or_begin(request, ticket, error=CHOICE_GONE)
    take(request, "ip", client_address(request))
    text = clean_text(text, request.app[SETTINGS].max_text_chars) if text else ""
    if ticket is None:
        take(request, "new_conversation", client_address(request))
        ticket = await _open(request)
    take(request, "conversation", str(ticket.conversation_id))
    message = InboundMessage(
        conversation_id=ticket.conversation_id,
        channel_message_id=f"chat-{form.get('invio', '')[:40] or uuid4()}",
        text=text,
        payload=payload or None,
    )
    message_id = await accept(request.app[ENGINE], request.app[QUEUE], message)
    answered = await _wait_for_answer(request, ticket, message_id)
    return await conversation_page(request, ticket, note="" if answered else NOT_YET)


@routes.post("/chat/scarica", name="plain_chat_transcript")
async def download(request: web.Request) -> web.Response:
    """The conversation as a text file."""
    form = await read_form(request)
    try:
        ticket = await known(request, form)
    except Problem as refused:
        return await _refused(request, form, refused)
    return transcript_file(await transcript_text(request.app[STATEMENTS], ticket.conversation_id))


@routes.post("/chat/cancella", name="plain_chat_erase")
async def erase(request: web.Request) -> web.Response:
    """Ask once more, then erase."""
    form = await read_form(request)
    try:
        ticket = await known(request, form)
        if "conferma" not in form:
            return html("erase.html", ticket=str(ticket))
        done = await erase_now(request.app[ENGINE], ticket.conversation_id)
    except Problem as refused:
        return await _refused(request, form, refused)
    sentence = (HELD if done.held else ERASED).format(number=done.number)
    return html("chat.html", greeting=say(GREETING), note=sentence)


@routes.post("/chat/giudizio", name="plain_chat_feedback")
async def judge(request: web.Request) -> web.Response:
    """The form for a judgement, then the judgement."""
    form = await read_form(request)
    try:
        ticket = await known(request, form)
        rating, comment = form.get("utile", ""), form.get("perche", "")[:MAX_COMMENT]
        if rating not in RATINGS:
            error = JUDGE if "invia" in form else ""
            return html("judge.html", ticket=str(ticket), error=error, comment=comment, status=422 if error else 200)
        async with request.app[ENGINE].begin() as connection:
            await keep_feedback(connection, ticket.conversation_id, rating, comment.replace("\x00", ""))
        return await conversation_page(request, ticket, note=JUDGED)
    except Problem as refused:
        return await _refused(request, form, refused)


# --- reading what comes ------------------------------------------------------------------------------------------------


async def read_form(request: web.Request) -> Form:
    """The fields of a form; of those that come twice, the first. Files are left out."""
    try:
        sent = await request.post()
    except ValueError:
        return {}
    return {name: value for name, value in reversed(list(sent.items())) if isinstance(value, str)}


async def proved(request: web.Request, form: Form) -> Ticket | None:
    """The conversation that the hidden field names, its token checked; None when there is no such field."""
    sent = form.get("conversazione", "")
    if not sent:
        return None
    identifier, _, token = sent.partition(".")
    try:
        ticket = Ticket(UUID(identifier), token)
    except ValueError:
        raise Problem(404, "conversation_unknown", "no conversation has this id") from None
    async with request.app[STATEMENTS].connect() as connection:
        stored = await token_hash_of(connection, ticket.conversation_id)
    check_token(ticket.token, stored)
    return ticket


async def known(request: web.Request, form: Form) -> Ticket:
    """The conversation, which there must be; counts against the limits."""
    ticket = await proved(request, form)
    if ticket is None:
        raise Problem(404, "conversation_unknown", "the form names no conversation")
    take(request, "ip", client_address(request))
    take(request, "conversation", str(ticket.conversation_id))
    return ticket


async def _payload(request: web.Request, ticket: Ticket, name: str) -> str:
    """What the pressed button carries, looked up: what the form says is only which one. Empty when there is none."""
    parts = name.split(".")
    if len(parts) != 3:
        return ""
    seq, index = _number(parts[1]), _number(parts[2])
    async for message in whole(request.app[STATEMENTS], ticket.conversation_id, after=max(0, seq - 1)):
        if message.seq != seq or message.sender == "citizen" or index >= len(message.buttons):
            return ""
        return str(message.buttons[index]["payload"])
    return ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# --- the conversation --------------------------------------------------------------------------------------------------


async def _open(request: web.Request) -> Ticket:
    async with request.app[ENGINE].begin() as connection:
        conversation_id, token = await open_conversation(connection, channel=WEBCHAT.name)
        greeting = Reply(text=say(GREETING), links=(Link(title=PRIVACY_TITLE, url="/privacy"),))
        await add_outgoing(connection, conversation_id, [greeting])
    return Ticket(conversation_id, token)


async def _wait_for_answer(request: web.Request, ticket: Ticket, message_id: UUID) -> bool:
    """Whether an answer, or a notice that it is late, came within some seconds. A person takes their time."""
    async with request.app[STATEMENTS].connect() as connection:
        presence = await presence_of(connection, ticket.conversation_id)
    human = presence is not None and presence.owner == "operator"
    deadline = time.monotonic() + (OPERATOR_SECONDS if human else ANSWER_SECONDS)
    after, version = 0, presence.version if presence else ""
    while (left := deadline - time.monotonic()) > 0:
        news = await wait_for_news(request.app, ticket.conversation_id, after, version, left)
        if news.presence is None or any(message.in_reply_to == message_id for message in news.messages):
            return True
        after = news.messages[-1].seq if news.messages else after
        version = news.presence.version
    return human


async def _wait_for_more(request: web.Request, ticket: Ticket, seen: int) -> None:
    """Until there is a message after that one, for a few seconds."""
    async with request.app[STATEMENTS].connect() as connection:
        presence = await presence_of(connection, ticket.conversation_id)
    if presence is not None:
        await wait_for_news(request.app, ticket.conversation_id, seen, presence.version, UPDATE_SECONDS)


async def conversation_page(
    request: web.Request,
    ticket: Ticket,
    *,
    note: str = "",
    error: str = "",
    text: str = "",
    status: int = 200,
    seen: int | None = None,
) -> web.Response:
    """The page of a conversation. `seen`: how far it was shown before; the note is dropped when there is more now."""
    messages = [message async for message in whole(request.app[STATEMENTS], ticket.conversation_id)]
    async with request.app[STATEMENTS].connect() as connection:
        presence = await presence_of(connection, ticket.conversation_id)
    last = messages[-1].seq if messages else 0
    if seen is not None and last > seen:
        note = ""
    return html(
        "chat.html",
        status=status,
        ticket=str(ticket),
        messages=shown(messages[-MOST_SHOWN:], await _cards(request, messages[-MOST_SHOWN:])),
        left_out=max(0, len(messages) - MOST_SHOWN),
        last=last,
        person=_person(presence),
        note=note,
        error=error,
        text=text,
        nonce=str(uuid4()),
    )


async def _cards(request: web.Request, messages: Sequence[Message]) -> dict[int, dict[str, Any]]:
    cards = {message.seq: await card_of(request.app[BOOK], message) for message in messages if message.links}
    return {seq: card for seq, card in cards.items() if card}


def _person(presence: Presence | None) -> str:
    """The sentence that says that a person answers; empty while the assistant does."""
    if presence is None or presence.owner != "operator":
        return ""
    named = f": {presence.operator}" if presence.operator else ""
    return f"Stai parlando con una persona{named}."


async def _page_or_begin(request: web.Request, ticket: Ticket | None, *, error: str) -> web.Response:
    if ticket is None:
        return html("chat.html", greeting=say(GREETING), error=error, status=422)
    return await conversation_page(request, ticket, error=error, status=422)


async def _refused(request: web.Request, form: Form, refused: Problem) -> web.Response:
    """The refusal in words, with what was written kept in its field."""
    text = form.get("testo", "")
    gone = refused.status in (401, 404)
    sentence = GONE if gone else CITIZEN_SENTENCES.get(refused.status, CITIZEN_SENTENCES[500])
    page: web.Response | None = None
    if not gone and form.get("conversazione"):
        try:
            if ticket := await proved(request, form):
                page = await conversation_page(request, ticket, error=sentence, text=text, status=refused.status)
        except (Problem, DBAPIError):
            page = None
    page = page or html("chat.html", greeting=say(GREETING), error=sentence, text=text, status=refused.status)
    if refused.retry_after is not None:
        page.headers["Retry-After"] = str(max(1, round(refused.retry_after)))
    return page
