"""What people write on WhatsApp and by text message: only what Twilio signed, each message once, nothing personal in clear."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from support import Dialogue, LocalWorker, WorkerProcess, until
from twilio_double import ACCOUNT, PUBLIC_URL, SMS_FROM, TOKEN
from twilio_world import NUMBER, ON_WHATSAPP, World

from bot.conversations.model import Button
from channels.sentences import GREETING_SHORT, HELP, NO_MEDIA, STARTED, STOPPED, TOO_FAST, say
from channels.twilio_reading import arrival_of

FORM = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": NUMBER, "To": SMS_FROM, "Body": "ciao"}


def nothing_happened(world: World) -> bool:
    tables = ("conversations", "messages", "addresses", "outbox", "procrastinate_jobs")
    return all(world.query(f"SELECT count(*) FROM {table}") == [(0,)] for table in tables)  # noqa: S608


async def test_a_message_is_stored_queued_and_acknowledged_without_words(world: World) -> None:
    answer = await world.twilio.write("Buongiorno", sender=NUMBER)
    assert answer.status == 204
    assert "Content-Type" not in answer.headers
    assert world.stored() == ["Buongiorno"]
    assert world.jobs() == 1


async def test_a_forged_signature_leaves_no_trace(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for signature in ("", "AAAA", "è", "x" * 5000):
        answer = await world.twilio.deliver("/twilio/inbound", FORM, signature=signature)
        assert answer.status == 403
    changed = world.twilio
    from twilio.request_validator import RequestValidator

    right = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/inbound", FORM)
    assert (await changed.deliver("/twilio/inbound", FORM | {"Body": "altro"}, signature=right)).status == 403
    assert (await changed.deliver("/twilio/inbound", FORM | {"New": "1"}, signature=right)).status == 403
    assert (await changed.deliver("/twilio/status", FORM, signature=right)).status == 403
    assert (await changed.deliver("/twilio/inbound", FORM, url="https://elsewhere.example")).status == 403
    assert nothing_happened(world)
    assert TOKEN not in caplog.text


async def test_another_account_s_message_is_refused(world: World) -> None:
    answer = await world.twilio.deliver("/twilio/inbound", FORM | {"AccountSid": "AC2"})
    assert answer.status == 403
    assert nothing_happened(world)


async def test_signed_for_the_public_address_with_or_without_its_port(world: World) -> None:
    assert (await world.twilio.deliver("/twilio/inbound", FORM)).status == 204
    assert (await world.twilio.deliver("/twilio/inbound", FORM, url=f"{PUBLIC_URL}:443")).status == 204


@pytest.mark.parametrize("world", [{"public_url": f"{PUBLIC_URL}/lavoro/"}], indirect=True)
async def test_behind_a_proxy_that_takes_a_prefix_away(world: World) -> None:
    assert (await world.twilio.deliver("/twilio/inbound", FORM, url=f"{PUBLIC_URL}/lavoro")).status == 204


async def test_too_large_or_no_form_is_refused(world: World) -> None:
    assert (await world.twilio.deliver("/twilio/inbound", FORM | {"Body": "x" * 70_000})).status == 413
    for path in ("/twilio/inbound", "/twilio/status"):
        async with world.edge.post(path, json=FORM) as answer:
            assert answer.status == 415
        async with world.edge.get(path) as answer:
            assert answer.status == 405
        body = b"Body=%ff%fe"
        async with world.edge.post(path, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}) as a:
            assert a.status in (403, 422)
    assert nothing_happened(world)


@pytest.mark.parametrize(
    "change",
    [{"MessageSid": ""}, {"From": ""}, {"MessageSid": "x" * 100}, {"MessageSid": "a b"}, {"From": "+" + "1" * 99}],
)
async def test_a_form_that_lacks_what_is_needed_is_refused(world: World, change: dict[str, str]) -> None:
    assert (await world.twilio.deliver("/twilio/inbound", FORM | change)).status == 422
    assert nothing_happened(world)


@pytest.mark.parametrize("world", [{"webhook_rate": 0.001, "webhook_burst": 2}], indirect=True)
async def test_forged_messages_do_not_use_up_the_global_rate(world: World) -> None:
    for _ in range(5):
        assert (await world.twilio.deliver("/twilio/inbound", FORM, signature="x")).status == 403
    statuses = [(await world.twilio.write(f"{n}", sender=NUMBER)).status for n in range(3)]
    assert statuses == [204, 204, 429]
    assert world.stored() == ["0", "1"]


@pytest.mark.parametrize("world", [{"sender_rate": 0.001, "sender_burst": 2}], indirect=True)
async def test_a_hasty_sender_is_told_once_and_stop_is_heard(world: World) -> None:
    for n in range(6):
        assert (await world.twilio.write(f"{n}", sender=NUMBER)).status == 204
    assert world.stored() == ["0", "1", "2"]
    assert (await world.twilio.write("STOP", sender=NUMBER)).status == 204
    assert world.query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(True,)]
    assert (await world.twilio.write("altri", sender="+393330000000")).status == 204
    said = [row[0] for row in world.query("SELECT text FROM messages WHERE sender = 'bot'")]
    assert said.count(TOO_FAST) == 1


async def test_twenty_deliveries_of_one_message_are_one(world: World) -> None:
    answers = await asyncio.gather(*(world.twilio.write("uno", sender=ON_WHATSAPP, sid="SMsame") for _ in range(20)))
    assert {answer.status for answer in answers} == {204}
    assert world.stored() == ["uno"]
    assert world.jobs() == 1
    assert world.query("SELECT count(*) FROM conversations") == [(1,)]
    assert world.query("SELECT last_seq FROM conversations") == [(2,)]  # the message and the greeting


async def test_what_comes_again_long_after_is_a_replay(world: World) -> None:
    await world.twilio.write("uno", sender=NUMBER, sid="SMold")
    world.query("UPDATE messages SET created_at = created_at - interval '2 hours'")
    assert (await world.twilio.write("uno", sender=NUMBER, sid="SMold")).status == 409
    assert world.stored() == ["uno"]
    assert world.jobs() == 1


async def test_whatsapp_and_sms_of_one_number_are_two_addresses(world: World) -> None:
    await world.twilio.write("da whatsapp", sender=ON_WHATSAPP)
    await world.twilio.write("da sms", sender=NUMBER)
    assert world.query("SELECT channel FROM addresses ORDER BY channel") == [("sms",), ("whatsapp",)]
    await world.send()
    assert {one.to for one in world.twilio.sent} == {NUMBER, ON_WHATSAPP}


async def test_neither_number_nor_profile_is_stored_or_logged_in_clear(world: World, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    await world.twilio.write("Buongiorno", sender=ON_WHATSAPP)
    await world.twilio.write("STOP", sender=NUMBER)
    world.twilio.invalid.add(NUMBER)
    await world.send()
    tables = [row[0] for row in world.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    dumped = " ".join(str(world.query(f'SELECT t::text FROM "{table}" t')) for table in tables)  # noqa: S608
    secrets = (NUMBER, NUMBER.removeprefix("+"), NUMBER.removeprefix("+39"), "Segreta")
    assert "Buongiorno" in dumped
    for secret in secrets:
        assert secret not in dumped, secret
        assert secret not in caplog.text, secret


async def test_media_are_politely_declined(world: World) -> None:
    media = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "MediaContentType0": "audio/ogg"}
    assert (await world.twilio.write("", sender=ON_WHATSAPP, **media)).status == 204
    await world.send()
    assert world.twilio.texts()[-1] == NO_MEDIA
    assert world.jobs() == 0
    await world.twilio.write("questa è la didascalia", sender=ON_WHATSAPP, **media)
    assert world.jobs() == 1


@pytest.mark.parametrize("body", ["", " ", "\u200b", "\x00", "😀"])
async def test_strange_bodies_harm_nothing(world: World, body: str) -> None:
    assert (await world.twilio.write(body, sender=NUMBER)).status == 204


async def test_a_message_too_long_is_answered_by_the_door(world: World) -> None:
    await world.twilio.write("x" * 5000, sender=ON_WHATSAPP)
    await world.send()
    assert "troppo lungo" in world.twilio.texts()[-1]


async def test_the_first_answer_says_that_it_is_a_machine(world: World) -> None:
    await world.twilio.write("Ciao", sender=NUMBER)
    await world.send()
    assert "un programma, non una persona" in world.twilio.texts()[0]
    await world.twilio.write("Ciao", sender=NUMBER)
    await world.send()
    assert len(world.twilio.texts()) == 1


@pytest.mark.parametrize("word", ["STOP", "stop", "Fine.", "UNSUBSCRIBE", "Annulla", "cancella!"])
async def test_stop_is_honoured_at_once(world: World, word: str) -> None:
    await world.twilio.write(word, sender=NUMBER)
    await world.send()
    assert world.twilio.texts() == [STOPPED], "no greeting for who wants no messages"
    assert world.jobs() == 0
    await world.twilio.write("INIZIA", sender=NUMBER)
    await world.send()
    assert world.twilio.texts()[1:] == [say(GREETING_SHORT), STARTED], "told now whom they speak with"
    assert world.query("SELECT opted_out_at FROM addresses") == [(None,)]


@pytest.mark.parametrize("word", ["HELP", "aiuto", "Aiuto!"])
async def test_help_answers(world: World, word: str) -> None:
    await world.twilio.write(word, sender=ON_WHATSAPP)
    await world.send()
    assert world.twilio.texts()[-1] == say(HELP)


async def test_what_twilio_answered_itself_is_not_answered_twice(world: World) -> None:
    await world.twilio.write("STOP", sender=NUMBER, OptOutType="STOP")
    await world.send()
    assert world.twilio.texts() == []
    assert world.query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(True,)]
    await world.twilio.write("START", sender=NUMBER, OptOutType="START")
    await world.send()
    assert world.query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(False,)]
    assert world.twilio.texts() == [say(GREETING_SHORT)], "whom they speak with, no more"


async def test_who_began_with_stop_is_told_whom_they_speak_with_when_they_ask_something(world: World) -> None:
    await world.twilio.write("STOP", sender=NUMBER)
    await world.twilio.write("a che ora aprite?", sender=NUMBER)
    await world.twilio.write("a Cuneo", sender=NUMBER)
    await world.send()
    assert world.twilio.texts() == [STOPPED, say(GREETING_SHORT)]
    assert world.jobs() == 2


@pytest.mark.parametrize("word", ["Annulla", "CANCELLA"])
async def test_annulla_inside_a_talk_is_for_the_dialogue(world: World, word: str) -> None:
    await world.twilio.write("Ciao", sender=NUMBER)
    world.query("UPDATE messages SET text = 'Per quale giorno?' WHERE sender = 'bot'")
    await world.twilio.write(word, sender=NUMBER)
    assert world.query("SELECT opted_out_at FROM addresses") == [(None,)]
    assert world.jobs() == 2
    await world.twilio.write("STOP", sender=NUMBER)
    assert world.query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(True,)]


async def test_a_position_becomes_its_municipality_and_is_not_kept(world: World) -> None:
    await world.twilio.write("", sender=ON_WHATSAPP, Latitude="44.8853", Longitude="7.3305", Address="Via Segreta 1")
    [(text, payload)] = world.query("SELECT text, payload FROM messages WHERE sender = 'citizen'")
    assert text == "(posizione: Pinerolo)"
    assert payload == '/choose_place{"place":"Pinerolo"}'
    for latitude, longitude in (("41.9", "12.5"), ("nord", "7"), ("nan", "7"), ("inf", "7"), ("999", "7")):
        answer = await world.twilio.write("", sender=ON_WHATSAPP, Latitude=latitude, Longitude=longitude)
        assert answer.status == 204
    assert world.jobs() == 1


@pytest.mark.parametrize("said", ["Sposto", "sposto", "2", "2.", "2 sposto"])
async def test_a_choice_by_words_or_number_is_the_button(
    world: World, worker: LocalWorker, dialogue: Dialogue, said: str
) -> None:
    await _with_choices(world)
    await world.twilio.write(said, sender=ON_WHATSAPP)
    worker.start()
    await until(lambda: dialogue.asked)
    assert [one["payload"] for one in dialogue.asked] == ['/reschedule_appointment{"appointment":"1"}']


async def test_a_touched_button_or_row_carries_its_payload(world: World) -> None:
    await _with_choices(world)
    payload = '/cancel_appointment{"appointment":"1"}'
    await world.twilio.write("Disdico", sender=ON_WHATSAPP, ButtonPayload=payload, ButtonText="Disdico")
    await world.twilio.write("Disdico", sender=ON_WHATSAPP, ListId=payload, ListTitle="Disdico")
    rows = world.query("SELECT text, payload FROM messages WHERE sender = 'citizen' ORDER BY seq")
    assert rows[-2:] == [("Disdico", payload)] * 2


@pytest.mark.parametrize("payload", ["/danger", "not ours", "/affirm{", "x" * 600])
def test_a_payload_that_is_not_ours_is_only_words(payload: str) -> None:
    arrival = arrival_of(FORM | {"ButtonPayload": payload, "ButtonText": "Sì", "Body": "Sì"}, most=4000)
    assert (arrival.payload, arrival.text) == (None, "Sì")


async def _with_choices(world: World) -> None:
    """A conversation on WhatsApp whose last message is a reminder, already sent."""
    from outbox_support import at
    from outbox_support import say as put

    await world.twilio.write("STOP", sender=ON_WHATSAPP, OptOutType="START")
    address = await at(world.engine, "whatsapp", NUMBER)
    buttons = tuple(
        Button(title=title, payload=f'/{intent}{{"appointment":"1"}}')
        for title, intent in (
            ("Confermo", "confirm_attendance"),
            ("Sposto", "reschedule_appointment"),
            ("Disdico", "cancel_appointment"),
        )
    )
    await put(world.engine, address, "Ti ricordo il tuo appuntamento.", buttons=buttons)
    await world.send()


async def test_the_way_of_a_message_to_its_answer(world: World, worker: LocalWorker) -> None:
    worker.start()
    await world.twilio.write("prima", sender=NUMBER)
    await world.twilio.write("seconda", sender=NUMBER)
    await world.twilio.write("terza", sender=NUMBER)
    await until(lambda: len(world.twilio.texts()) == 4, within=30)
    assert world.twilio.texts()[1:] == [f"risposta a: {text}" for text in ("prima", "seconda", "terza")]


async def test_long_answers_by_text_message_go_on_when_asked(
    world: World, worker: LocalWorker, dialogue: Dialogue
) -> None:
    worker.start()
    long = " ".join(f"Frase {n}." for n in range(300))
    await world.twilio.write(long, sender=NUMBER)
    await until(lambda: len(world.twilio.texts()) == 2, within=30)
    assert world.twilio.texts()[-1].endswith("\nScrivi 1 per continuare.")
    await until(lambda: world.query("SELECT count(*) FROM outbox") == [(0,)])
    await world.twilio.write("1", sender=NUMBER)
    await until(lambda: len(world.twilio.texts()) == 3, within=30)
    first, rest = (text.removesuffix("\nScrivi 1 per continuare.") for text in world.twilio.texts()[1:])
    assert f"risposta a: {long}".startswith(f"{first} {rest}")
    assert len(dialogue.asked) == 1, "asking for the rest is no question for the dialogue"


async def test_answered_once_though_the_worker_is_killed_right_after_the_call(
    world: World, dialogue: Dialogue, tmp_path: Path
) -> None:
    from twilio_double import Trouble

    await world.twilio.write("Ciao", sender=NUMBER)
    world.twilio.trouble(Trouble("silence"))
    first = WorkerProcess(tmp_path / "first.log")
    await until(lambda: len(world.twilio.sent) == 1, within=60)
    first.end()
    await first.ended()
    second = WorkerProcess(tmp_path / "second.log")
    try:
        await until(lambda: len(world.twilio.sent) == 2, within=60)
        await asyncio.sleep(1)
    finally:
        second.end()
        await second.ended()
    assert [text.partition(",")[0] for text in world.twilio.texts()] == ["Ciao", "risposta a: Ciao"]
    assert world.deliveries() == ["queued", "queued"]


@pytest.mark.parametrize("world", [{"twilio_auth_token": ""}], indirect=True)
async def test_not_configured_means_not_there(world: World) -> None:
    async with world.edge.post("/twilio/inbound", data=FORM) as answer:
        assert answer.status == 404


async def test_a_channel_without_a_number_is_refused(world: World) -> None:
    from bot.settings import get_settings
    from channels.twilio import configured

    assert configured(get_settings().model_copy(update={"twilio_sms_from": None})).keys() == {"whatsapp"}
    assert configured(get_settings().model_copy(update={"twilio_auth_token": None})) == {}
