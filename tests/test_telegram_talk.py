"""A whole booking on Telegram with the real system: from the first word to the reminder, and the answer to it.

Nothing here knows the dialogue's payloads: it reads what the chat shows, touches its buttons, sends what its keys send.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support import until
from telegram_double import BOT_NAME, SECRET, TOKEN, Shown, TelegramDouble
from telegram_people import Person
from whole_system import System, open_folder

PINEROLO = (44.8857, 7.3331)

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(500)]


class Machine:
    """The system on one folder, started again at another moment."""

    def __init__(self, folder: Path, double: TelegramDouble, **settings: object) -> None:
        self.folder, self.double, self.settings = folder, double, settings
        self.system: System | None = None

    def start(self, now: str) -> str:
        """Start at that moment; the webhook's address."""
        self.system = System(
            self.folder,
            now=now,
            telegram_token=TOKEN,
            telegram_bot_name=BOT_NAME,
            telegram_api_url=self.double.url,
            public_url="https://sportello.example.org",
            **self.settings,
        )
        return f"{self.system.url}/telegram/webhook"

    async def ready(self) -> None:
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


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    made = TelegramDouble()
    await made.start()
    yield made
    await made.stop()
    assert not made.wrong, made.wrong


@pytest.fixture
async def machine(double: TelegramDouble, request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    with open_folder() as folder:
        made = Machine(folder, double, **getattr(request, "param", {"telegram_webhook_secret": SECRET}))
        yield made
        await made.stop()


async def turn(person: Person, update: dict[str, Any], words: str) -> Shown:
    """Do something, and read until the chat shows these words."""
    assert await person.send(update) == 200
    return await person.reads(words)


async def test_a_booking_from_the_first_word_to_the_reminder(machine: Machine, double: TelegramDouble) -> None:
    async with aiohttp.ClientSession() as session:
        anna = Person(double, session, machine.start("2026-03-02T09:00"))
        await machine.ready()
        hello = await turn(anna, anna.text("/start"), "programma, non una persona")
        asked = await turn(anna, anna.press(hello, "Prenota"), "Per che cosa")
        assert len(asked.titles()) >= 4
        where = await turn(anna, anna.text("per rifare il curriculum"), "comune")
        assert where.keys[0]["request_location"] is True
        how = await turn(anna, anna.location(*PINEROLO), "Come preferisci")
        when = await turn(anna, anna.press(how, "Videochiamata"), "Quando")
        assert when.titles()[0] == "Il prima possibile"
        offers = await turn(anna, anna.text("venerdì mattina"), "venerdì 6 marzo")
        assert offers.titles()[0].startswith("ven 6 mar")
        await turn(anna, anna.press(offers, "ven 6 mar"), "nome")
        contact = await turn(anna, anna.text("Anna De Rossi"), "telefono")
        assert contact.keys[0]["request_contact"] is True
        consent = await turn(anna, anna.contact("+393331234567"), "Accetti?")
        assert consent.button("Informativa")["url"] == "https://sportello.example.org/privacy"
        summary = await turn(anna, anna.press(consent, "Accetto"), "Riassumo")
        for words in ("Anna De Rossi", "+393331234567", "Pinerolo", "venerdì 6 marzo"):
            assert words in summary.text
        booked = await turn(anna, anna.press(summary, "Confermo"), "Prenotato")
        assert "<code>" in booked.html
        await until(lambda: summary.titles() == ["✓ Confermo"])
        [calendar] = await until(lambda: anna.shown("document"))
        assert calendar.data["name"] == "appuntamento.ics"
        assert b"BEGIN:VCALENDAR" in calendar.data["body"]
        assert b"Anna" not in calendar.data["body"]
        await machine.stop()

        # Two days before: started again on what the first start left behind.
        anna.url = machine.start("2026-03-05T12:00")
        reminder = await anna.reads("Ti ricordo il tuo appuntamento", within=240)
        await machine.ready()
        assert reminder.button("Il tuo appuntamento")["url"].startswith("https://sportello.example.org/appuntamenti/")
        await turn(anna, anna.press(reminder, "Confermo"), "ti aspettiamo")
        assert not double.wrong
        print("\n".join(double.story))  # `pytest -s`: the transcript of docs/channels.md


@pytest.mark.parametrize("machine", [{}], indirect=True)
async def test_with_a_token_alone_the_system_fetches_messages(machine: Machine, double: TelegramDouble) -> None:
    anna = Person(double, None, machine.start("2026-03-02T09:00"))
    await machine.ready()
    double.pending.append(anna.text("come faccio a iscrivermi al centro per l'impiego?"))
    await anna.reads("Sportello", within=60)
    answer = await anna.next(within=60)
    assert len(answer.text) > 50
