"""Telegram with a token alone, as on a developer's laptop, with the real system: nothing to publish, messages are fetched."""

import pytest
from machine import Machine
from telegram_double import BOT_NAME, TOKEN, TelegramDouble
from telegram_people import Person
from whole_system import open_folder

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.long, pytest.mark.timeout(300)]


async def test_with_a_token_alone_the_system_fetches_messages() -> None:
    double = TelegramDouble()
    await double.start()
    with open_folder() as folder:
        machine = Machine(folder, telegram_token=TOKEN, telegram_bot_name=BOT_NAME, telegram_api_url=double.url)
        try:
            anna = Person(double, None, machine.start("2026-03-02T09:00"))
            await machine.ready()
            double.pending.append(anna.text("come faccio a iscrivermi al centro per l'impiego?"))
            await anna.reads("Sportello", within=60)
            answer = await anna.next(within=60)
            assert len(answer.text) > 50
        finally:
            await machine.stop()
            await double.stop()
    assert not double.wrong
