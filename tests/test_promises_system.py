"""A question left and a lack noted with the real system: the model, the actions, the worker."""

import aiohttp
import psycopg
import pytest
from support import Chat
from talker import Talker
from whole_system import System

from bot.answers import people as words

HOURS = "mi dici gli orari del centro di Susa?"

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(500)]


async def test_what_is_written_after_the_button_is_kept_for_a_person(rehearsal: System) -> None:
    async with aiohttp.ClientSession(rehearsal.url, timeout=aiohttp.ClientTimeout(total=30)) as client:
        citizen = Talker(await Chat.open(client))
        await citizen.say(text="vorrei parlare con un operatore")
        asked = await citizen.say(payload=words.LEAVE_QUESTION.payload)
        assert asked.startswith("Scrivimi qui la domanda")
        # Something the assistant could answer itself: it does not.
        kept = await citizen.say(text="quanto dura la naspi?")
        assert kept.startswith("Fatto, ho tenuto la tua domanda.")
        assert await citizen.press("Non serve più") == words.NO_QUESTION
        assert "naspi" in (await citizen.say(text="quanto dura la naspi?")).lower()


async def test_what_is_not_there_is_noted_as_it_is_said(rehearsal: System) -> None:
    async with aiohttp.ClientSession(rehearsal.url, timeout=aiohttp.ClientTimeout(total=30)) as client:
        chat = await Chat.open(client)
        citizen = Talker(chat)
        assert "non conosco gli orari" in await citizen.say(text=HOURS)
        await citizen.say(text="mi rinnovate il passaporto?")
        await citizen.say(text=HOURS)
        said = await citizen.say(text="un appuntamento per il curriculum a Pinerolo in videochiamata domenica 15 marzo")
        assert "siamo chiusi" in said, said
    with psycopg.connect(rehearsal.database()) as connection:
        noted = connection.execute(
            "SELECT kind, reason, centre, province FROM unmet_demand WHERE conversation_id = %s ORDER BY at", (chat.id,)
        ).fetchall()
    assert ("no_hours", "", "susa", "TO") in noted
    assert ("off_topic", "", None, None) in noted
    assert ("no_place", "closed", "pinerolo", "TO") in noted
    # Told twice, noted once.
    assert len(noted) == len(set(noted))
