"""What every channel that is written to does with an arrival: address, conversation, greeting, STOP and START, storing.

All in one transaction, before the provider is answered; the same arrival again changes nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from procrastinate import App
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.addresses import Address, conversation_at, opt_out, wrote
from bot.conversations.model import InboundMessage, Reply
from bot.conversations.store import add_outgoing, store_inbound
from bot.storage.tables import conversations, messages
from channels.inbox import queue_answer
from channels.outbox import queue_rest
from channels.sentences import GREETING_SHORT, HELP, NO_MEDIA, STARTED, STOPPED, say

Command = Literal["stop", "start", "help", "more", "media"]

_STOP = re.compile(r"\W*(?:stop|fine|unsubscribe|annulla|cancella|/stop)\W*", re.IGNORECASE)
_START = re.compile(r"\W*(?:start|inizia|unstop)\W*", re.IGNORECASE)
_HELP = re.compile(r"\W*(?:help|aiuto)\W*", re.IGNORECASE)
_MORE = re.compile(r"\W*(?:1|continua)\W*", re.IGNORECASE)
_LEAVES_A_TALK = re.compile(r"\W*(?:annulla|cancella)\W*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One message as a channel delivers it. `address` is a chat id or a number in E.164."""

    channel: str
    address: str
    channel_message_id: str
    text: str = ""
    payload: str | None = None
    # said by other means than words: a command of the channel, a photograph, a voice message
    command: Command | None = None
    # the provider has answered the command already
    told: bool = False
    # what the door itself answers, when it is not for the dialogue
    answer: Reply | None = None


def command_in(text: str, *, in_talk: bool) -> Command | None:
    """STOP, START or HELP as a whole message; inside a talk "annulla" leaves the talk instead."""
    if _STOP.fullmatch(text) and not (in_talk and _LEAVES_A_TALK.fullmatch(text)):
        return "stop"
    if _START.fullmatch(text):
        return "start"
    return "help" if _HELP.fullmatch(text) else None


async def take_in(engine: AsyncEngine, queue: App, arrival: Arrival, *, greet: bool = True) -> UUID | None:
    """Store an arrival and queue its answer, or do at once what it commands.

    Returns the message's id; None when it was stored before.
    """
    async with engine.begin() as connection:
        address, _ = await conversation_at(connection, arrival.channel, arrival.address)
        message_id, first_time = await store_inbound(
            connection,
            InboundMessage(
                conversation_id=address.conversation_id,
                channel_message_id=arrival.channel_message_id,
                text=arrival.text,
                payload=arrival.payload,
            ),
        )
        if not first_time:
            return None
        await wrote(connection, address.id)
        command = arrival.command or command_in(arrival.text, in_talk=False)
        # Few messages are STOP: only they are worth the question whether a talk is under way.
        if command == "stop" and arrival.command is None and await in_talk(connection, address):
            command = command_in(arrival.text, in_talk=True)
        # An address that was only written to has not been told yet whom it speaks with. Who says STOP wants no more words.
        if greet and command != "stop" and not await _knows_us(connection, address):
            # To who wants no messages only answers are sent, so there it belongs to the answer.
            answers = message_id if address.opted_out_at else None
            hello = Reply(text=say(GREETING_SHORT))
            await add_outgoing(connection, address.conversation_id, [hello], in_reply_to=answers)
        if arrival.answer is not None:
            await _answer(connection, address, message_id, arrival.answer)
            return message_id
        if command is None and _MORE.fullmatch(arrival.text) and await queue_rest(connection, address):
            command = "more"
        if command is not None:
            await _obey(connection, address, message_id, command, told=arrival.told)
            return message_id
        await queue_answer(connection, queue, address.conversation_id, message_id)
    return message_id


async def in_talk(connection: AsyncConnection, address: Address) -> bool:
    """Whether something was asked that "annulla" would leave: the last answer has choices, or asks something."""
    query = (
        select(messages.c.text, messages.c.buttons, conversations.c.expects)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.conversation_id == address.conversation_id, messages.c.sender == "bot")
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    last = (await connection.execute(query)).one_or_none()
    if last is None:
        return False
    asks = last.expects is not None or "?" in last.text
    return asks or any("/choose" in button["payload"] for button in last.buttons)


async def _knows_us(connection: AsyncConnection, address: Address) -> bool:
    """Whether it was told whom it speaks with. Who began with STOP was told nothing but that."""
    if address.last_inbound_at is None:
        return False
    if address.opted_out_at is None:
        return True
    said = select(messages.c.id).where(
        messages.c.conversation_id == address.conversation_id,
        messages.c.sender != "citizen",
        messages.c.text != STOPPED,
    )
    return (await connection.execute(said.limit(1))).first() is not None


async def _obey(
    connection: AsyncConnection, address: Address, message_id: UUID, command: Command, *, told: bool
) -> None:
    """Commands are answered by the door itself, whatever the state of the dialogue. `told`: they were already."""
    said = None if told else {"stop": STOPPED, "start": STARTED, "help": HELP, "media": NO_MEDIA}.get(command)
    if command in ("stop", "start"):
        await opt_out(connection, address.id, out=command == "stop")
    await _answer(connection, address, message_id, None if said is None else Reply(text=say(said)))


async def _answer(connection: AsyncConnection, address: Address, message_id: UUID, reply: Reply | None) -> None:
    if reply is not None:
        await add_outgoing(connection, address.conversation_id, [reply], in_reply_to=message_id)
    await connection.execute(
        update(messages).where(messages.c.id == message_id).values(answered_at=func.clock_timestamp())
    )
