"""Whole bookings by text message and on WhatsApp with the real system: from the first word to the reminder, and the answer.

`pytest -s` prints the transcripts of docs/channels.md.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support import until
from twilio_double import SETTINGS, Sent, TwilioDouble
from whole_system import System, open_folder

from bot.answers.gsm7 import segments
from bot.settings import Settings
from channels.twilio_client import create_client
from channels.twilio_content import make_contents

NUMBER = "+393331234567"

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(500)]


class Person:
    """Somebody with a telephone: writes, touches, reads."""

    def __init__(self, twilio: TwilioDouble, address: str) -> None:
        self.twilio, self.address = twilio, address
        self.read_up_to = 0
        self.story: list[str] = []

    async def reads(self, words: str, *, within: float = 60) -> Sent:
        """The next message with these words; those before it are read too."""

        def found() -> Sent | None:
            for place, one in enumerate(self.twilio.sent[self.read_up_to :], start=self.read_up_to + 1):
                if one.to == self.address and words.lower() in one.body.lower():
                    for seen in self.twilio.sent[self.read_up_to : place]:
                        shown = "".join(f"\n  [{title}]" for title, _ in seen.choices)
                        self.story.append(f"< {seen.body}{shown}")
                    self.read_up_to = place
                    return one
            return None

        try:
            return await until(found, within=within, every=0.1)
        except AssertionError:
            unread = [one.body for one in self.twilio.sent[self.read_up_to :]]
            raise AssertionError(f"{words!r} not among {unread}") from None

    async def says(self, text: str, words: str) -> Sent:
        """Write, and read until these words are shown."""
        self.story.append(f"> {text}")
        assert (await self.twilio.write(text, sender=self.address)).status == 204
        return await self.reads(words)

    async def touches(self, message: Sent, title: str, words: str) -> Sent:
        """Touch the choice whose title starts so."""
        full = next(one for one, _ in message.choices if one.startswith(title))
        self.story.append(f"> [{full}]")
        assert (await self.twilio.press(message, full)).status == 204
        return await self.reads(words)


class Machine:
    """The system on one folder, started again at another moment."""

    def __init__(self, folder: Path, twilio: TwilioDouble, **settings: object) -> None:
        self.folder, self.twilio = folder, twilio
        self.settings = SETTINGS | {"twilio_api_url": twilio.url} | settings
        self.system: System | None = None

    async def start(self, now: str) -> None:
        await self.stop()
        self.system = System(self.folder, now=now, **self.settings)
        self.twilio.edge = self.system.url

        def says_so() -> bool:
            assert self.system is not None
            assert self.system.process.poll() is None, self.system.said()
            return "pronto: apri" in self.system.said()

        await until(says_so, within=240, every=0.2)

    async def stop(self) -> None:
        if self.system is not None:
            self.system.process.terminate()
            await until(lambda: self.system is None or self.system.process.poll() is not None, within=60, every=0.1)
            self.system.end()
            self.system = None


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    double = TwilioDouble()
    double.receipts = ("sent", "delivered")
    await double.start()
    yield double
    await double.stop()
    assert not double.wrong, double.wrong


def number_of(message: Sent, title: str) -> str:
    """The number written before a choice."""
    return next(line.split()[0] for line in message.body.splitlines() if line[:1].isdigit() and title in line)


async def test_a_booking_by_text_message(twilio: TwilioDouble) -> None:
    with open_folder() as folder:
        machine = Machine(folder, twilio)
        try:
            await machine.start("2026-03-02T09:00")
            anna = Person(twilio, NUMBER)
            asked = await anna.says("vorrei un appuntamento", "Per che cosa")
            assert "un programma, non una persona" in twilio.sent[0].body
            await anna.says(number_of(asked, "Orientamento"), "comune")
            how = await anna.says("Pinerolo", "Come preferisci")
            await anna.says(number_of(how, "Video"), "Quando")
            offers = await anna.says("venerdì mattina", "venerdì 6 marzo")
            await anna.says(number_of(offers, "ven 6 mar"), "nome")
            await anna.says("Anna De Rossi", "telefono")
            await anna.says("333 123 4567", "Accett")
            await anna.says("accetto", "Riassumo")
            await anna.says("sì", "Prenotato")
            assert all(segments(one.body) <= 3 for one in twilio.sent), "each within three segments"
            await machine.start("2026-03-05T12:00")
            reminder = await anna.reads("Appuntamento ven 6/3", within=120)
            assert segments(reminder.body) == 1
            assert "1 confermo" in reminder.body
            await anna.says("1", "ti aspettiamo")
        finally:
            await machine.stop()
            print("\n".join(anna.story))


async def test_a_booking_on_whatsapp_with_buttons(twilio: TwilioDouble) -> None:
    client, http = create_client(Settings(**SETTINGS | {"twilio_api_url": twilio.url}, _env_file=None))
    contents = await make_contents(client, {})
    await http.close()
    line = ",".join(f"{key}={sid}" for key, sid in contents.items())
    with open_folder() as folder:
        machine = Machine(folder, twilio, twilio_content_sids=line)
        try:
            await machine.start("2026-03-02T09:00")
            mario = Person(twilio, f"whatsapp:{NUMBER}")
            await mario.says("vorrei un appuntamento per rifare il curriculum", "comune")
            assert (await twilio.write("", sender=mario.address, Latitude="44.8857", Longitude="7.3331")).status == 204
            how = await mario.reads("Come preferisci")
            when = await mario.touches(how, "Video", "Quando")
            assert when.choices
            offers = await mario.says("venerdì mattina", "venerdì 6 marzo")
            await mario.touches(offers, "ven 6 mar", "nome")
            await mario.says("Mario Verdi", "telefono")
            consent = await mario.says("333 123 4567", "Accett")
            summary = await mario.touches(consent, "Accetto", "Riassumo")
            await mario.touches(summary, "Confermo", "Prenotato")
            await machine.start("2026-03-05T12:00")
            reminder = await mario.reads("Ti ricordo il tuo appuntamento", within=120)
            await mario.touches(reminder, "Confermo", "ti aspettiamo")
        finally:
            await machine.stop()
            print("\n".join(mario.story))
