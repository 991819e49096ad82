"""What cannot be said on one channel, or might not be seen there, is said as a text message, when that was consented to.

Consent is the telephone number given for the appointment, or the number that writes to us on WhatsApp; whoever wrote STOP,
on either, is left alone. Only messages Sportello writes first, and answers that WhatsApp's window closed on.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

import phonenumbers
from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda.catalogue import read_service, read_sites
from bot.agenda.model import Appointment, Citizen, NotFoundError, Slot
from bot.agenda.notices import notice_said_in
from bot.agenda.proposals import instead_of
from bot.agenda.records import belongs_also_to, read
from bot.agenda.rules import movable_until
from bot.agenda.said import About, said_about
from bot.agenda.waiting import open_offer
from bot.answers.changed import told
from bot.answers.reminders import freed_place, missed, reminder
from bot.conversations.addresses import Address, addresses_of, conversation_at, find
from bot.conversations.model import Button, Link, Reply
from bot.conversations.stopped import stopped_since
from bot.conversations.store import add_outgoing, last_message_id
from bot.privacy.answers import is_phone
from bot.settings import get_settings
from bot.storage.tables import conversations, messages
from channels.capabilities import SMS, WHATSAPP

AT_THE_SCREEN = timedelta(minutes=10)
"""Who wrote so shortly before is still there."""
REMINDS = "/confirm_attendance{"
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


async def say_elsewhere(connection: AsyncConnection, message_id: UUID) -> bool:
    """Say a message that does not arrive as a text message, once; whether that was possible."""
    if get_settings().twilio_sms_from is None:
        return False
    query = select(messages, conversations.c.sample).join(conversations).where(messages.c.id == message_id)
    message = (await connection.execute(query)).mappings().one()
    if message["sample"]:
        return False
    known = await addresses_of(connection, message["conversation_id"])
    if message["sender"] == "citizen" or any(one.channel == SMS.name or one.opted_out_at for one in known):
        return False
    about = await _told_of(connection, message)
    if about == "over":
        return False
    number = _number(about.citizen if about is not None else None, known)
    if number is None or not (about or _may_be_missed(message, known)) or "‹" in message["text"]:
        return False
    if not await _may_be_written_to(connection, number) or await _said_already(connection, message_id):
        return False
    address, _ = await conversation_at(connection, SMS.name, number)
    reply = await _short(connection, about) if about is not None else _copied(message)
    if about is not None and about.appointment_id is not None:
        # Who answers the text message answers for the appointment.
        await belongs_also_to(connection, about.appointment_id, address.conversation_id, now=clock.now())
    await add_outgoing(connection, address.conversation_id, [reply], sender=message["sender"])
    last = select(conversations.c.last_seq).where(conversations.c.id == address.conversation_id).scalar_subquery()
    added = (messages.c.conversation_id == address.conversation_id, messages.c.seq == last)
    await connection.execute(update(messages).where(*added).values(instead_of=message_id))
    return True


async def last_said_elsewhere(connection: AsyncConnection, conversation_id: UUID) -> bool:
    """Say what was just said in a conversation also as a text message: its page may be closed."""
    return await say_elsewhere(connection, await last_message_id(connection, conversation_id))


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What a message tells about an appointment or a place, so that the same can be said in other words."""

    slot: Slot
    citizen: Citizen | None
    wording: Callable[..., Reply]  # of service, site, short
    appointment_id: UUID | None = None  # None: there is none yet


async def _told_of(connection: AsyncConnection, message: RowMapping) -> _Told | Literal["over"] | None:
    now = clock.now()
    notice = await notice_said_in(connection, message["id"])
    if notice is not None:
        places = await instead_of(connection, notice, now=now)
        return _about(notice.appointment, partial(told, notice, proposals=places, now=now))
    said = await said_about(connection, message["id"])
    if said is not None:
        return await _said_of(connection, said, now=now)
    appointment = await _reminded_of(connection, message)
    if appointment is None:
        return None
    until = await movable_until(connection, appointment.slot.service_id, appointment.slot.starts)
    return _about(appointment, partial(reminder, appointment, until=until, now=now))


async def _said_of(connection: AsyncConnection, said: About, *, now: datetime) -> _Told | Literal["over"]:
    if said.kind == "missed":
        appointment = await read(connection, said.id, with_citizen=True)
        return _about(appointment, partial(missed, appointment, now=now))
    held = await open_offer(connection, said.id, now=now)
    if held is None:
        return "over"
    hold, citizen = held
    return _Told(slot=hold.slot, citizen=citizen, wording=partial(freed_place, said.id, hold, now=now))


def _about(appointment: Appointment, wording: Callable[..., Reply]) -> _Told:
    return _Told(slot=appointment.slot, citizen=appointment.citizen, wording=wording, appointment_id=appointment.id)


async def _reminded_of(connection: AsyncConnection, message: RowMapping) -> Appointment | None:
    """The appointment a reminder is about."""
    payload = next((one["payload"] for one in message["buttons"] if one["payload"].startswith(REMINDS)), None)
    if payload is None:
        return None
    try:
        appointment_id = UUID(json.loads(payload.removeprefix(REMINDS[:-1]))["appointment"])
        return await read(connection, appointment_id, with_citizen=True)
    except (ValueError, KeyError, NotFoundError):
        return None


def _number(citizen: Citizen | None, known: list[Address]) -> str | None:
    given = citizen.contact if citizen is not None else ""
    numbers = [given, *(one.value for one in known if one.channel == WHATSAPP.name)]
    return next((one for one in numbers if _is_mobile(one)), None)


def _is_mobile(number: str) -> bool:
    if not is_phone(number):
        return False
    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) in _MOBILE
    except phonenumbers.NumberParseException:
        return False


def _may_be_missed(message: RowMapping, known: list[Address]) -> bool:
    """Whether nobody waits for it at the screen: written first, or long after the question."""
    last = max((one.last_inbound_at for one in known if one.last_inbound_at), default=None)
    if last is None or message["kind"] != "message":
        return bool(message["kind"] == "message")
    assert WHATSAPP.window is not None
    return bool(message["created_at"] - last > (WHATSAPP.window if message["in_reply_to"] else AT_THE_SCREEN))


async def _may_be_written_to(connection: AsyncConnection, number: str) -> bool:
    for channel in (SMS.name, WHATSAPP.name):
        address = await find(connection, channel, number)
        if address is not None and (address.opted_out_at or (channel == SMS.name and address.blocked_at)):
            return False
        if address is None and await stopped_since(connection, channel, number):
            return False
    return True


async def _said_already(connection: AsyncConnection, message_id: UUID) -> bool:
    # Nobody else may be saying it: whoever asks waits until this transaction has ended.
    await connection.execute(select(messages.c.id).where(messages.c.id == message_id).with_for_update(key_share=True))
    return (
        await connection.execute(select(messages.c.id).where(messages.c.instead_of == message_id))
    ).first() is not None


async def _short(connection: AsyncConnection, about: _Told) -> Reply:
    """The same in the words for text messages."""
    found = await read_service(connection, about.slot.service_id)
    assert found is not None  # a service with appointments stays
    site = (await read_sites(connection))[about.slot.site_id]
    return about.wording(service=found[0], site=site, short=True)


async def answers_by_sms(connection: AsyncConnection, appointment: Appointment) -> bool:
    """Have an appointment told about, and changed, by text messages to the number given for it; whether that is possible.

    For those booked by an operator with the citizen's consent.
    """
    number = _number(appointment.citizen, [])
    if get_settings().twilio_sms_from is None or number is None or not await _may_be_written_to(connection, number):
        return False
    address, _ = await conversation_at(connection, SMS.name, number)
    await belongs_also_to(connection, appointment.id, address.conversation_id, now=clock.now())
    return True


def _copied(message: RowMapping) -> Reply:
    buttons = tuple(Button(**one) for one in message["buttons"])
    links = tuple(Link(**one) for one in message["links"])
    return Reply(text=message["text"], buttons=buttons, links=links)
