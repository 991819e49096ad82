"""Whole bookings on Telegram, by text message and on WhatsApp at once, with the real system: first word to reminder and answer.

Nothing here knows the dialogue's payloads: it reads what is shown, touches the buttons, sends what the keys send.
`pytest -s` prints the transcripts of docs/channels.md.
"""

import asyncio
from typing import Any

import aiohttp
import pytest
from machine import Machine
from support import until
from telegram_double import BOT_NAME, SECRET, TOKEN, Shown, TelegramDouble
from telegram_people import Person
from twilio_double import SETTINGS, TwilioDouble
from twilio_people import Texter, number_of
from whole_system import open_folder

from bot.answers.gsm7 import segments
from bot.settings import Settings
from channels.twilio_client import create_client
from channels.twilio_content import make_contents

PINEROLO, CUNEO = (44.8857, 7.3331), (44.3845, 7.5427)
SITE = SETTINGS["public_url"]
BY_TEXT, ON_WHATSAPP = "+393331234567", "+393337654321"

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(500)]


async def test_a_booking_from_the_first_word_to_the_reminder_on_every_door() -> None:
    telegram, twilio = TelegramDouble(), TwilioDouble()
    twilio.receipts = ("sent", "delivered")
    await telegram.start()
    await twilio.start()
    with open_folder() as folder:
        machine = Machine(
            folder,
            telegram_token=TOKEN,
            telegram_bot_name=BOT_NAME,
            telegram_api_url=telegram.url,
            telegram_webhook_secret=SECRET,
            **SETTINGS | {"twilio_api_url": twilio.url, "twilio_content_sids": await contents(twilio)},
        )
        try:
            async with aiohttp.ClientSession() as session:
                await all_doors(machine, telegram, twilio, session)
        finally:
            await machine.stop()
            await telegram.stop()
            await twilio.stop()
    assert not telegram.wrong
    assert not twilio.wrong


async def contents(twilio: TwilioDouble) -> str:
    """The messages with buttons, made at the provider; the line for the settings."""
    client, http = create_client(Settings(**SETTINGS | {"twilio_api_url": twilio.url}, _env_file=None))
    made = await make_contents(client, {})
    await http.close()
    return ",".join(f"{key}={sid}" for key, sid in made.items())


async def all_doors(
    machine: Machine, telegram: TelegramDouble, twilio: TwilioDouble, session: aiohttp.ClientSession
) -> None:
    anna = Person(telegram, session, "")
    bruna, mario = Texter(twilio, BY_TEXT), Texter(twilio, f"whatsapp:{ON_WHATSAPP}")

    async def started(now: str) -> None:
        url = machine.start(now)
        anna.url, twilio.edge = f"{url}/telegram/webhook", url
        await machine.ready()

    await started("2026-03-02T09:00")
    await asyncio.gather(books_on_telegram(anna), books_by_text(bruna), books_on_whatsapp(mario))
    await machine.stop()
    # Two days before: started again on what the first start left behind.
    await started("2026-03-05T12:00")
    await asyncio.gather(reminded_on_telegram(anna), reminded_by_text(bruna), reminded_on_whatsapp(mario))
    for story in (telegram.story, bruna.story, mario.story):
        print("\n".join(story), end="\n\n")


async def turn(person: Person, update: dict[str, Any], words: str) -> Shown:
    """Do something, and read until the chat shows these words."""
    assert await person.send(update) == 200
    return await person.reads(words)


async def books_on_telegram(anna: Person) -> None:
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
    consent = await turn(anna, anna.contact("+393331112223"), "Accetti?")
    assert consent.button("Informativa")["url"] == f"{SITE}/privacy"
    summary = await turn(anna, anna.press(consent, "Accetto"), "Riassumo")
    for words in ("Anna De Rossi", "+393331112223", "Pinerolo", "venerdì 6 marzo"):
        assert words in summary.text
    booked = await turn(anna, anna.press(summary, "Confermo"), "Prenotato")
    assert "<code>" in booked.html
    await until(lambda: summary.titles() == ["✓ Confermo"])
    [calendar] = await until(lambda: anna.shown("document"))
    assert calendar.data["name"] == "appuntamento.ics"
    assert b"BEGIN:VCALENDAR" in calendar.data["body"]
    assert b"Anna" not in calendar.data["body"]


async def reminded_on_telegram(anna: Person) -> None:
    reminder = await anna.reads("Ti ricordo il tuo appuntamento", within=240)
    assert reminder.button("Il tuo appuntamento")["url"].startswith(f"{SITE}/appuntamenti/")
    await turn(anna, anna.press(reminder, "Confermo"), "ti aspettiamo")


async def books_by_text(bruna: Texter) -> None:
    asked = await bruna.says("vorrei un appuntamento", "Per che cosa")
    assert "un programma, non una persona" in bruna.got()[0].body
    await bruna.says(number_of(asked, "Orientamento"), "comune")
    how = await bruna.says("Ivrea", "Come preferisci")
    await bruna.says(number_of(how, "Video"), "Quando")
    offers = await bruna.says("venerdì mattina", "venerdì 6 marzo")
    await bruna.says(number_of(offers, "ven 6 mar"), "nome")
    await bruna.says("Bruna De Rossi", "telefono")
    await bruna.says("333 123 4567", "Accett")
    await bruna.says("accetto", "Riassumo")
    await bruna.says("sì", "Prenotato")
    assert all(segments(one.body) <= 3 for one in bruna.got()), "each within three segments"


async def reminded_by_text(bruna: Texter) -> None:
    reminder = await bruna.reads("Appuntamento ven 6/3", within=120)
    assert segments(reminder.body) == 1
    assert "1 confermo" in reminder.body
    await bruna.says("1", "ti aspettiamo")


async def books_on_whatsapp(mario: Texter) -> None:
    await mario.says("vorrei un appuntamento per rifare il curriculum", "comune")
    position = {"Latitude": str(CUNEO[0]), "Longitude": str(CUNEO[1])}
    assert (await mario.twilio.write("", sender=mario.address, **position)).status == 204
    how = await mario.reads("Come preferisci")
    when = await mario.touches(how, "Video", "Quando")
    assert when.choices
    offers = await mario.says("venerdì mattina", "venerdì 6 marzo")
    await mario.touches(offers, "ven 6 mar", "nome")
    await mario.says("Mario Verdi", "telefono")
    consent = await mario.says("333 765 4321", "Accett")
    summary = await mario.touches(consent, "Accetto", "Riassumo")
    await mario.touches(summary, "Confermo", "Prenotato")


async def reminded_on_whatsapp(mario: Texter) -> None:
    reminder = await mario.reads("Ti ricordo il tuo appuntamento", within=120)
    await mario.touches(reminder, "Confermo", "ti aspettiamo")
