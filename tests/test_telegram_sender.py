"""What leaves for Telegram: how it looks, what becomes of it when the Bot API refuses, is slow, breaks or says nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from conftest import Query
from hypothesis import given
from hypothesis import strategies as st
from support import Dialogue, LocalWorker, until
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TimedOut
from telegram_double import TelegramDouble, Trouble, parsed
from telegram_people import Person

from bot.answers.centres import describe
from bot.clock import today
from bot.conversations.model import Button, Link
from bot.knowledge import get_knowledge
from bot.settings import get_settings
from channels.capabilities import TELEGRAM
from channels.render import render
from channels.sender import Part, RateLimitedError, RefusedError, UncertainError, UnreachedError
from channels.telegram_bot import as_send_error, close, create_bot
from channels.telegram_buttons import reference
from channels.telegram_sender import TelegramSender
from channels.telegram_text import as_html, in_rows, keyboard, parted, takes_button

CHAT = 77


@pytest.fixture
async def sender(telegram: TelegramDouble) -> AsyncIterator[TelegramSender]:
    telegram.known[CHAT] = "private"
    made = TelegramSender(get_settings(), None)
    yield made
    await made.close()


async def send(sender: TelegramSender, text: str = "ciao", chat: int = CHAT, **values: Any) -> Any:
    return await sender.send(str(chat), Part(text=text, **values), last_inbound=None)


# --- how it looks -----------------------------------------------------------------------------------------------------


async def test_what_looks_like_markup_is_shown_as_it_is(telegram: TelegramDouble, sender: TelegramSender) -> None:
    text = 'Se a < b && b > c: <b>no</b> <script>x</script> &lt; "così" & basta'
    await send(sender, text)
    assert telegram.chats[CHAT][0].text == text


@given(st.text(max_size=300))
def test_any_text_survives_the_markup(text: str) -> None:
    assert parsed(as_html(text)) == text


async def test_the_code_of_an_appointment_is_copied_at_a_touch(
    telegram: TelegramDouble, sender: TelegramSender
) -> None:
    await send(sender, "Il tuo codice è A7K-3F9.")
    assert telegram.chats[CHAT][0].html == "Il tuo codice è <code>A7K-3F9</code>."


async def test_links_are_buttons_and_those_of_our_pages_whole(telegram: TelegramDouble, sender: TelegramSender) -> None:
    long = Link(
        title="Come iscriversi al Centro per l'impiego della Regione Piemonte", url="https://example.org/?a=1&b=2"
    )
    await send(sender, links=(Link(title="Informativa", url="/privacy"), long))
    shown = telegram.chats[CHAT][0]
    assert shown.button("Informativa")["url"] == "https://sportello.example.org/privacy"
    assert shown.titles() == ["Informativa"]
    assert shown.text == f"ciao\n{long.title}"
    assert 'href="https://example.org/?a=1&amp;b=2"' in shown.html


def test_an_address_telegram_refuses_on_a_button_is_written() -> None:
    link = Link(title="Pagina", url="http://localhost:8080/x")
    assert not takes_button(link.url)
    assert parted("ciao", [link]) == ([], [link])


def test_titles_stand_in_rows_in_which_they_can_be_read() -> None:
    titles = ["Sì", "No", "Forse", "Videochiamata", "Di persona", "Un titolo piuttosto lungo", "ok"]
    made = keyboard([Button(title=title, payload=f"/choose{title}") for title in titles], [])
    assert made is not None
    assert [[one.text for one in row] for row in made.inline_keyboard] == [
        ["Sì", "No", "Forse"],
        ["Videochiamata", "Di persona"],
        ["Un titolo piuttosto lungo"],
        ["ok"],
    ]
    assert in_rows([]) == []


@given(st.text(min_size=1, max_size=500))
def test_what_a_button_carries_always_fits(payload: str) -> None:
    assert 1 <= len(reference(payload).encode(errors="replace")) <= 64


async def test_a_long_answer_is_parted_after_sentences_with_the_choices_last(
    telegram: TelegramDouble, sender: TelegramSender
) -> None:
    text = " ".join(f"Questa è la frase numero {n} di una risposta molto lunga & <piena>." for n in range(150))
    parts = render(text, [Button(title="Sì", payload="/affirm")], [], TELEGRAM).parts
    for part in parts:
        await sender.send(str(CHAT), part, last_inbound=None)
    shown = telegram.chats[CHAT]
    assert len(shown) >= 2
    assert all(one.text.endswith(".") for one in shown)
    assert " ".join(one.text for one in shown) == text
    assert [one.titles() for one in shown] == [[]] * (len(shown) - 1) + [["Sì"]]


async def test_a_centre_is_shown_on_the_map_as_far_as_its_position_is_known(
    telegram: TelegramDouble, sender: TelegramSender
) -> None:
    centre = next(one for one in get_knowledge().centres.values() if one.is_job_centre and one.address)
    reply = describe(centre, today=today())
    await send(sender, reply.text, links=reply.links)
    words, venue = telegram.chats[CHAT]
    assert words.button("Apri la mappa")
    assert venue.kind == "venue"
    assert centre.address in venue.data["address"]
    assert "il punto segna il comune" in venue.data["address"]
    assert float(venue.data["latitude"]) == centre.lat


# --- what becomes of it -----------------------------------------------------------------------------------------------


async def test_what_was_sent_has_a_number_of_its_own(telegram: TelegramDouble, sender: TelegramSender) -> None:
    telegram.known[78] = "private"
    first, other = await send(sender), await send(sender, chat=78)
    assert first.provider_id.endswith(":1")
    assert other.provider_id.endswith(":1")
    assert first.provider_id != other.provider_id
    assert str(CHAT) not in first.provider_id.split(":")[0]


REFUSALS: list[tuple[Trouble, type[Exception], dict[str, object]]] = [
    (Trouble(429, seconds=7), RateLimitedError, {"seconds": 7.0}),
    (Trouble(429, seconds=0), RateLimitedError, {"seconds": 1.0}),
    (Trouble(403), RefusedError, {"why": "blocked", "code": "403"}),
    (Trouble(403, description="Forbidden: user is deactivated"), RefusedError, {"why": "blocked"}),
    (Trouble(400, description="Bad Request: chat not found"), RefusedError, {"why": "address", "code": "400"}),
    (Trouble(400, description="Bad Request: message is too long"), RefusedError, {"why": "content"}),
    (Trouble(401, description="Unauthorized"), UnreachedError, {}),
    (Trouble(500), UnreachedError, {}),
    (Trouble(503), UnreachedError, {}),
    (Trouble(504), UncertainError, {}),
    (Trouble("gateway"), UncertainError, {}),
    (Trouble("reset"), UncertainError, {}),
]


@pytest.mark.parametrize(("trouble", "error", "facts"), REFUSALS, ids=lambda one: getattr(one, "__name__", None))
async def test_each_way_of_failing_is_told_apart(
    telegram: TelegramDouble, sender: TelegramSender, trouble: Trouble, error: type[Exception], facts: dict[str, object]
) -> None:
    telegram.trouble("sendMessage", trouble)
    with pytest.raises(error) as raised:
        await send(sender)
    assert {name: getattr(raised.value, name) for name in facts} == facts
    assert len(telegram.called("sendMessage")) == 1  # tried once


async def test_nobody_listening_is_surely_not_sent(telegram: TelegramDouble, sender: TelegramSender) -> None:
    await telegram.stop()
    with pytest.raises(UnreachedError):
        await send(sender)


async def test_an_answer_that_never_comes_is_uncertain(
    telegram: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.telegram_bot.READ_SECONDS", 0.3)
    telegram.known[CHAT] = "private"
    sender = TelegramSender(get_settings(), None)
    telegram.trouble("sendMessage", Trouble("silence"))
    with pytest.raises(UncertainError):
        await send(sender)
    with pytest.raises(UncertainError):
        await sender.look_up(str(CHAT), Part(text="ciao"), since=None)  # type: ignore[arg-type]
    assert len(telegram.chats[CHAT]) == 1
    await sender.close()


async def test_a_wrong_token_is_not_told(telegram: TelegramDouble, sender: TelegramSender) -> None:
    telegram.token = "another"  # noqa: S105
    with pytest.raises(UnreachedError) as raised:
        await send(sender)
    assert get_settings().telegram_token.get_secret_value() not in f"{raised.value}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (Forbidden("Forbidden: bot was kicked from the group chat"), RefusedError),
        (ChatMigrated(-1), RefusedError),
        (BadRequest("PEER_ID_INVALID"), RefusedError),
        (Conflict("x"), UnreachedError),
        (InvalidToken("x"), UnreachedError),
        (NetworkError("x"), UncertainError),
        (TimedOut(), UncertainError),
    ],
)
def test_what_the_sdk_calls_a_network_error_is_not_always_one(error: Any, meaning: type[Exception]) -> None:
    assert isinstance(as_send_error(error), meaning)


async def test_refused_markup_is_taken_off_and_the_words_arrive(
    telegram: TelegramDouble, sender: TelegramSender
) -> None:
    telegram.trouble("sendMessage", Trouble(400))
    await send(sender, "A7K-3F9 <ciao>", buttons=(Button(title="Sì", payload="/affirm"),))
    [shown] = telegram.chats[CHAT]
    assert (shown.text, shown.titles()) == ("A7K-3F9 <ciao>", ["Sì"])


async def test_what_goes_with_the_words_may_fail_alone(telegram: TelegramDouble, sender: TelegramSender) -> None:
    centre = next(one for one in get_knowledge().centres.values() if one.is_job_centre and one.address)
    telegram.trouble("sendVenue", Trouble(429))
    sent = await send(sender, links=describe(centre, today=today()).links)
    assert sent.provider_id.endswith(":1")


async def test_typing_never_fails(telegram: TelegramDouble, sender: TelegramSender) -> None:
    await telegram.stop()
    await sender.typing(str(CHAT))


async def test_the_bot_makes_no_call_of_its_own(telegram: TelegramDouble) -> None:
    bot: Bot = create_bot(get_settings())
    await close(bot)
    assert telegram.calls == []


# --- through the outbox -----------------------------------------------------------------------------------------------


async def deliveries(query: Query) -> list[tuple[Any, ...]]:
    return query(
        "SELECT d.state, d.error_code, d.attempts FROM deliveries d JOIN messages m ON m.id = d.message_id ORDER BY m.seq, part"
    )


async def test_too_fast_waits_as_long_as_told_and_then_sends_once(
    person: Person, telegram: TelegramDouble, worker: LocalWorker
) -> None:
    telegram.trouble("sendMessage", Trouble(429, seconds=2))
    worker.start()
    started = asyncio.get_running_loop().time()
    await person.write("ciao")
    await person.sees(2)
    assert asyncio.get_running_loop().time() - started >= 2
    assert person.texts()[1:] == ["risposta a: ciao"]


async def test_who_blocked_the_bot_is_recorded_and_not_tried_again(
    person: Person, telegram: TelegramDouble, worker: LocalWorker, query: Query
) -> None:
    telegram.blocked.add(person.chat)
    await person.write("ciao")
    worker.start()
    await until(lambda: query("SELECT count(*) FROM outbox") == [(0,)] and len(query("SELECT 1 FROM deliveries")) == 2)
    assert {state for state, _, _ in await deliveries(query)} == {"undeliverable"}
    assert query("SELECT blocked_at IS NOT NULL FROM addresses") == [(True,)]
    assert query("SELECT DISTINCT delivery FROM messages WHERE sender = 'bot'") == [("undeliverable",)]


async def test_an_outage_delays_and_neither_loses_nor_doubles(
    person: Person, telegram: TelegramDouble, worker: LocalWorker
) -> None:
    telegram.trouble("sendMessage", Trouble(500), Trouble(503))
    worker.start()
    for n in range(3):
        await person.write(f"{n}")
    await person.sees(4, within=30)
    assert person.texts()[1:] == ["risposta a: 0", "risposta a: 1", "risposta a: 2"]


async def test_what_may_have_been_sent_is_never_sent_again(
    person: Person, telegram: TelegramDouble, worker: LocalWorker, query: Query
) -> None:
    await person.write("zero")
    telegram.trouble("sendMessage", Trouble("reset"))
    worker.start()
    await person.sees(2)
    await until(lambda: query("SELECT count(*) FROM outbox") == [(0,)])
    assert [state for state, _, _ in await deliveries(query)] == ["unknown", "sent"]
    assert len(telegram.called("sendMessage")) == 2


async def test_a_worker_that_dies_while_telegram_thinks_does_not_repeat_itself(
    person: Person, telegram: TelegramDouble, worker_process: Any, query: Query, dialogue: Dialogue
) -> None:
    telegram.trouble("sendMessage", Trouble("silence"))
    await person.write("ciao")
    first = worker_process()
    await person.sees(1)
    await until(lambda: query("SELECT 1 FROM messages WHERE sender = 'citizen' AND answered_at IS NOT NULL"))
    first.end()
    await first.ended()
    await worker_process().ready()
    await person.sees(2, within=30)
    assert person.texts()[1:] == ["risposta a: ciao"]
    await until(lambda: query("SELECT count(*) FROM outbox") == [(0,)])
    assert [state for state, _, _ in await deliveries(query)] == ["unknown", "sent"]
