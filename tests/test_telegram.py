"""Telegram from the first word: what people do there, and what their chat shows. The dialogue is a stand-in."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Query
from support import Dialogue, LocalWorker, until
from telegram_double import BOT_NAME, TelegramDouble
from telegram_people import Person

from channels.sentences import (
    ALREADY_CHOSEN,
    CONTACT_NOT_ASKED,
    EDITED,
    GREETING_SHORT,
    HELP,
    NO_MEDIA,
    PRIVACY,
    STARTED,
    STOPPED,
    say,
)
from channels.telegram_text import SEND_NUMBER, SEND_PLACE

QUESTION = {
    "text": "Come preferisci?",
    "buttons": [
        {"title": "Videochiamata", "payload": '/choose{"mode":"video"}'},
        {"title": "Di persona", "payload": '/choose{"mode":"in_person"}'},
    ],
    "custom": {"links": [{"title": "Informativa privacy", "url": "/privacy"}]},
}


@pytest.fixture(autouse=True)
async def _working(worker: LocalWorker, telegram: TelegramDouble) -> None:
    worker.start()


def said_by_citizen(query: Query) -> list[str]:
    return [text for (text,) in query("SELECT text FROM messages WHERE sender = 'citizen' ORDER BY created_at")]


# --- words and commands -----------------------------------------------------------------------------------------------


async def test_words_are_greeted_once_and_answered(person: Person) -> None:
    await person.write("ciao")
    await person.sees(2)
    await person.write("e poi?")
    await person.sees(3)
    assert person.texts() == [say(GREETING_SHORT), "risposta a: ciao", "risposta a: e poi?"]


async def test_somebody_new_who_starts_hears_who_it_is_and_where_data_are_explained(person: Person) -> None:
    await person.write("/start")
    [hello] = await person.sees(1)
    assert "programma, non una persona" in hello.text
    assert hello.button("Informativa")["url"] == "https://sportello.example.org/privacy"
    assert hello.titles()[:2] == ["Trova il centro", "Prenota un appuntamento"]


async def test_start_with_the_argument_of_a_link_is_a_start(person: Person) -> None:
    await person.write("/start da-volantino")
    [hello] = await person.sees(1)
    assert "Sportello" in hello.text


async def test_stop_then_start_close_and_open_what_is_written_first(person: Person, query: Query) -> None:
    await person.write("ciao")
    await person.sees(2)
    await person.write("/stop")
    assert (await person.sees(3))[-1].text == say(STOPPED)
    assert query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(True,)]
    await person.write("/start")
    assert (await person.sees(4))[-1].text == say(STARTED)
    assert query("SELECT opted_out_at IS NULL FROM addresses") == [(True,)]


@pytest.mark.parametrize(("command", "answer"), [("/help", HELP), ("/privacy", PRIVACY), (f"/help@{BOT_NAME}", HELP)])
async def test_commands_are_answered_at_the_door(person: Person, dialogue: Dialogue, command: str, answer: str) -> None:
    await person.write(command)
    assert (await person.sees(2))[-1].text == say(answer)
    assert dialogue.asked == []


async def test_the_privacy_command_leads_to_the_notice(person: Person) -> None:
    await person.write("/privacy")
    shown = (await person.sees(2))[-1]
    assert shown.button("Informativa")["url"] == "https://sportello.example.org/privacy"


async def test_an_unknown_command_is_read_as_words(person: Person, dialogue: Dialogue) -> None:
    await person.write("/prenota domani")
    await person.sees(2)
    assert dialogue.texts() == ["prenota domani"]


async def test_typing_is_shown_while_the_answer_is_made(person: Person, dialogue: Dialogue) -> None:
    dialogue.slow["ciao"] = 0.5
    await person.write("ciao")
    await person.sees(2)
    assert person.double.called("sendChatAction") == [{"chat_id": str(person.chat), "action": "typing"}]


async def test_words_of_several_people_do_not_mix(meet: Callable[..., Person]) -> None:
    anna, bruno = meet(), meet()
    await anna.write("sono Anna")
    await bruno.write("sono Bruno")
    assert (await anna.sees(2))[-1].text == "risposta a: sono Anna"
    assert (await bruno.sees(2))[-1].text == "risposta a: sono Bruno"


# --- choices ----------------------------------------------------------------------------------------------------------


async def test_a_touched_button_is_answered_closed_and_named_in_the_transcript(
    person: Person, dialogue: Dialogue, query: Query
) -> None:
    dialogue.says["come?"] = QUESTION
    await person.write("come?")
    question = (await person.sees(2))[-1]
    assert question.titles() == ["Videochiamata", "Di persona", "Informativa privacy"]
    press = person.press(question, "Di persona")
    assert await person.send(press) == 200
    await person.sees(3)
    await until(lambda: press["callback_query"]["id"] in person.double.answered)
    await until(lambda: question.titles() == ["✓ Di persona", "Informativa privacy"])
    assert dialogue.asked[-1]["payload"] == '/choose{"mode":"in_person"}'
    assert said_by_citizen(query) == ["come?", "Di persona"]


async def test_a_button_touched_twice_is_one_choice(person: Person, dialogue: Dialogue, query: Query) -> None:
    dialogue.says["come?"] = QUESTION
    await person.write("come?")
    question = (await person.sees(2))[-1]
    first, second = person.press(question, "Videochiamata"), person.press(question, "Di persona")
    await person.send(first)
    await person.send(second)
    await until(lambda: len(person.double.answered) == 2)
    assert person.double.answered[second["callback_query"]["id"]] == ALREADY_CHOSEN
    assert said_by_citizen(query) == ["come?", "Videochiamata"]


async def test_what_is_left_of_an_answered_question_does_nothing(person: Person, dialogue: Dialogue) -> None:
    dialogue.says["come?"] = QUESTION
    await person.write("come?")
    question = (await person.sees(2))[-1]
    await person.send(person.press(question, "Di persona"))
    await until(lambda: "✓ Di persona" in question.titles())
    again = person.press(question, "✓ Di persona")
    await person.send(again)
    await until(lambda: again["callback_query"]["id"] in person.double.answered)
    await until(lambda: len(dialogue.asked) >= 2)
    assert len(dialogue.asked) == 2


async def test_a_question_answered_in_words_loses_its_choices(person: Person, dialogue: Dialogue) -> None:
    dialogue.says["come?"] = QUESTION
    await person.write("come?")
    question = (await person.sees(2))[-1]
    await person.write("di persona")
    await until(lambda: question.titles() == ["Informativa privacy"])
    await until(lambda: dialogue.asked[-1]["payload"] == '/choose{"mode":"in_person"}')


async def test_a_choice_shown_to_somebody_else_leads_nowhere(
    meet: Callable[..., Person], dialogue: Dialogue, query: Query
) -> None:
    anna, eve = meet(), meet()
    dialogue.says["come?"] = QUESTION
    await anna.write("come?")
    question = (await anna.sees(2))[-1]
    await eve.write("ciao")
    await eve.sees(2)
    stolen = eve.press(question, "Di persona")
    await eve.send(stolen)
    await until(lambda: stolen["callback_query"]["id"] in eve.double.answered)
    assert "non vale più" in eve.double.answered[stolen["callback_query"]["id"]]
    assert "Di persona" not in said_by_citizen(query)


async def test_a_touch_that_telegram_cannot_be_told_about_is_a_choice_all_the_same(
    person: Person, dialogue: Dialogue
) -> None:
    dialogue.says["come?"] = QUESTION
    await person.write("come?")
    question = (await person.sees(2))[-1]
    await person.double.stop()
    assert await person.send(person.press(question, "Di persona")) == 200
    await until(lambda: len(dialogue.asked) == 2)
    await person.double.start()
    await person.sees(3)


# --- what is not words ------------------------------------------------------------------------------------------------

MEDIA: dict[str, Any] = {
    "voice": {"file_id": "AwACAgQ", "file_unique_id": "AgAD", "duration": 3, "mime_type": "audio/ogg"},
    "photo": [{"file_id": "AgACAgQ", "file_unique_id": "AQAD", "width": 90, "height": 67}],
    "sticker": {
        "file_id": "CAACAgI",
        "file_unique_id": "AgADB",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    },
    "document": {"file_id": "BQACAgQ", "file_unique_id": "AgADC", "file_name": "cv.pdf"},
    "video_note": {"file_id": "DQACAgQ", "file_unique_id": "AgADD", "length": 240, "duration": 4},
    "dice": {"emoji": "🎲", "value": 4},
}


@pytest.mark.parametrize("kind", MEDIA)
async def test_what_is_not_words_is_declined_politely(
    person: Person, dialogue: Dialogue, query: Query, kind: str
) -> None:
    assert await person.send(person.message(**{kind: MEDIA[kind]})) == 200
    assert (await person.sees(2))[-1].text == say(NO_MEDIA)
    assert dialogue.asked == []
    assert said_by_citizen(query)[0].startswith("(")


async def test_an_album_is_declined_once(person: Person) -> None:
    for _ in range(3):
        await person.send(person.message(photo=MEDIA["photo"], media_group_id="13579"))
    await person.write("scusa")
    assert (await person.sees(3))[-1].text == "risposta a: scusa"
    assert person.texts().count(say(NO_MEDIA)) == 1


async def test_invisible_text_is_not_words(person: Person) -> None:
    await person.write("\u2800\u3164")
    assert (await person.sees(2))[-1].text == say(NO_MEDIA)


async def test_a_text_of_telegrams_full_length_is_declined_kindly(person: Person, dialogue: Dialogue) -> None:
    await person.write("a" * 4096)
    assert "troppo lungo" in (await person.sees(2))[-1].text
    assert dialogue.asked == []


async def test_a_position_is_the_nearest_municipality_and_is_not_kept(
    person: Person, dialogue: Dialogue, query: Query
) -> None:
    await person.send(person.location(44.8857, 7.3331))
    await person.sees(2)
    assert dialogue.asked[-1]["payload"] == '/choose_place{"place":"Pinerolo"}'
    assert said_by_citizen(query) == ["(posizione: Pinerolo)"]


async def test_a_position_far_from_piedmont_is_said_to_be_outside(person: Person, dialogue: Dialogue) -> None:
    await person.send(person.location(41.9028, 12.4964))
    assert "solo chi vive in Piemonte" in (await person.sees(2))[-1].text
    assert dialogue.asked == []


async def test_a_live_position_is_read_once(person: Person, dialogue: Dialogue) -> None:
    start = person.location(44.8857, 7.3331)
    await person.send(start)
    for _ in range(3):
        await person.send(person.edit(start, location={"latitude": 44.9, "longitude": 7.34, "live_period": 900}))
    await person.sees(2)
    assert len(dialogue.asked) == 1


@pytest.mark.parametrize("number", ["+39 333 123 4567", "393331234567", "3331234567"])
async def test_a_contact_that_was_asked_for_is_the_telephone_sealed(
    person: Person, dialogue: Dialogue, query: Query, number: str
) -> None:
    dialogue.says["prenoto"] = {
        "text": "A che numero ti chiamiamo? Scrivi il telefono.",
        "custom": {"expects": "contact"},
    }
    await person.write("prenoto")
    question = (await person.sees(2))[-1]
    assert question.keys == [{"text": SEND_NUMBER, "request_contact": True}]
    await person.send(person.contact(number))
    await person.sees(3)
    assert dialogue.asked[-1]["payload"] == '/choose{"given":"contact"}'
    assert said_by_citizen(query) == ["prenoto", "(telefono o e-mail)"]
    assert "333" not in str(query("SELECT text, payload FROM messages"))


async def test_a_contact_nobody_asked_for_is_not_kept(person: Person, dialogue: Dialogue, query: Query) -> None:
    await person.send(person.contact("+393331234567"))
    assert (await person.sees(2))[-1].text == CONTACT_NOT_ASKED
    assert said_by_citizen(query) == ["(contatto)"]
    assert dialogue.asked == []


async def test_a_question_for_the_place_offers_to_send_the_position(person: Person, dialogue: Dialogue) -> None:
    dialogue.says["dove?"] = {"text": "In quale comune abiti? Cerco il centro giusto per te."}
    await person.write("dove?")
    assert (await person.sees(2))[-1].keys == [{"text": SEND_PLACE, "request_location": True}]


# --- corrections ------------------------------------------------------------------------------------------------------


async def test_a_correction_after_the_answer_is_no_new_question(
    person: Person, dialogue: Dialogue, query: Query
) -> None:
    first = await person.write("giovedi")
    await person.sees(2)
    assert await person.send(person.edit(first, text="venerdì")) == 200
    assert (await person.sees(3))[-1].text == EDITED
    assert dialogue.texts() == ["giovedi"]
    assert said_by_citizen(query) == ["giovedi", "venerdì"]


async def test_a_correction_before_the_answer_replaces_the_words(
    person: Person, dialogue: Dialogue, query: Query
) -> None:
    dialogue.slow["prima"] = 1
    await person.write("prima")
    second = await person.write("giovedi")
    await person.send(person.edit(second, text="giovedì"))
    await person.sees(3)
    assert dialogue.texts() == ["prima", "giovedì"]
    assert EDITED not in person.texts()


async def test_an_edit_that_changes_nothing_or_nothing_of_ours_is_passed_over(person: Person) -> None:
    first = await person.write("ciao")
    await person.sees(2)
    assert await person.send(person.edit(first)) == 200
    assert await person.send(person.edit(person.text("mai arrivato"), text="mai arrivato, corretto")) == 200
    await person.write("e ora?")
    assert (await person.sees(3))[-1].text == "risposta a: e ora?"


async def test_a_correction_of_personal_data_is_not_kept_in_clear(
    person: Person, dialogue: Dialogue, query: Query
) -> None:
    dialogue.says["prenoto"] = {"text": "A che nome prenoto?", "custom": {"expects": "name"}}
    await person.write("prenoto")
    await person.sees(2)
    name = await person.write("Anna Rosi")
    await person.sees(3)
    await person.send(person.edit(name, text="Anna Rossi"))
    assert (await person.sees(4))[-1].text == EDITED
    assert "Ros" not in str(query("SELECT text FROM messages"))


# --- who went away ----------------------------------------------------------------------------------------------------


async def test_who_blocks_the_bot_is_known_to_have_and_may_come_back(person: Person, query: Query) -> None:
    await person.write("ciao")
    await person.sees(2)
    assert await person.send(person.membership("kicked")) == 200
    await until(lambda: query("SELECT blocked_at IS NOT NULL FROM addresses") == [(True,)])
    await person.write("rieccomi")
    await person.sees(3)
    assert query("SELECT blocked_at IS NULL FROM addresses") == [(True,)]
