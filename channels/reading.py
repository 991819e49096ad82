"""A citizen's message made ready for the dialogue: choices written out become buttons, private answers are kept apart."""

from dataclasses import replace
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversations.choices import chosen
from bot.conversations.model import QUESTION, Waiting
from bot.dialogue.payloads import make_payload
from bot.nlu.assent import says_no
from bot.nlu.danger import tells_of_danger
from bot.privacy.answers import Kind, may_hold_personal_data, read_answer
from bot.privacy.store import keep_answer
from channels.capabilities import CHANNELS


async def made_ready(engine: AsyncEngine, waiting: Waiting) -> Waiting:
    """The message as the dialogue may see it.

    Reading the same message again gives the same: what was sealed carries its payload from then on.
    """
    if waiting.payload is not None:
        return waiting
    payload = chosen(waiting.text, waiting.choices, numbered=CHANNELS[waiting.channel].numbered)
    if payload is not None:
        return replace(waiting, text="", payload=payload)
    if waiting.expects is None:
        return waiting
    if waiting.expects == QUESTION:
        return _left_for_a_person(waiting)
    kind = cast(Kind, waiting.expects)
    value = read_answer(kind, waiting.text)
    if value is None and not may_hold_personal_data(kind, waiting.text):
        return waiting
    # A telephone number is asked for outside the talk about an appointment, to be called back.
    intent = "call_back" if kind == "phone" else "choose"
    payload = make_payload(intent, **{"unclear" if value is None else "given": kind})
    async with engine.begin() as connection:
        await keep_answer(
            connection,
            conversation_id=waiting.conversation_id,
            message_id=waiting.id,
            kind=kind,
            value=value,
            original=waiting.text,
            payload=payload,
        )
    return replace(waiting, text="", payload=payload)


def _left_for_a_person(waiting: Waiting) -> Waiting:
    """The words stay in the transcript, where a person reads them; the dialogue only learns which message they are."""
    if says_no(waiting.text) or tells_of_danger(waiting.text) or not any(one.isalpha() for one in waiting.text):
        return waiting
    payload = make_payload("talk_to_operator", given=QUESTION, which=str(waiting.id))
    return replace(waiting, text="", payload=payload)
