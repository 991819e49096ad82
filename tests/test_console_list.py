"""The list of conversations: what it shows, filters, searching, live updates."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from conftest import Query
from console_support import Desk, SignIn
from console_talks import Talk
from support import Chat, until

from console.transcripts import listing
from console.transcripts.words import marked, terms_of


async def found(desk: Desk, words: str) -> bool:
    return "conversazioni/" in await desk.page(f"/righe?parole={quote(words)}")


async def test_a_conversation_appears_with_what_was_said_last(signed_in: SignIn, chat: Chat) -> None:
    anna = await signed_in()
    await chat.send("vorrei sapere gli orari")

    async def shown() -> bool:
        return "vorrei sapere gli orari" in await anna.page("/")

    await until(shown)


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("orari", True),
        ("orario", True),  # another form of the word
        ("ORARI", True),
        ("ora", True),  # how it begins
        ("prenotaz", True),
        ("citta", True),  # without its accent
        ("città", True),
        ("impiego", True),  # after an apostrophe
        ("orari prenotazione", True),
        ("orari naspi", False),
        ('"centro per l\'impiego"', True),
        ('"impiego per il centro"', False),
        ('"gli orari del centro" -naspi', True),
        ("orari -prenotazione", False),
        ("-naspi orari", True),
        ("telefono*", False),
        ("'; DROP TABLE messages; --", False),
        ("orari \\ ' :* & | ! ( ) <->", True),
        ('"', False),
        ("a" * 500, False),
    ],
)
@pytest.mark.parametrize(("near", "few"), [(2000, 2000), (2000, -1), (0, -1)])
async def test_searching(
    signed_in: SignIn, query: Query, monkeypatch: pytest.MonkeyPatch, near: int, few: int, words: str, there: bool
) -> None:
    # From the index of words, and through the latest conversations.
    monkeypatch.setattr(listing, "NEAR", near)
    monkeypatch.setattr(listing, "FEW", few)
    talk = Talk(query)
    talk.said("Ciao, vorrei gli orari del centro per l’impiego in città e una prenotazione")
    await talk.ready()
    assert await found(await signed_in(), words) is there


async def test_words_too_common_are_said_to_be_so(signed_in: SignIn, chat: Chat) -> None:
    anna = await signed_in()
    for words in ("di", "-naspi", "???"):
        assert "troppo comuni" in await anna.page(f"/?parole={quote(words)}")


def test_what_was_found_is_marked() -> None:
    text = "x" * 300 + " gli Oràri del centro"
    pieces = marked(text, 'orari "del centro" -naspi')
    assert [words for words, is_found in pieces if is_found] == ["Oràri", "del", "centro"]
    assert pieces[0] == ("…", False)
    assert [term.without for term in terms_of('orari "del centro" -naspi')] == [False, False, True]


@pytest.mark.parametrize(
    ("filters", "there"),
    [
        ("canale=telegram", True), ("canale=webchat", False),
        ("argomento=faq/did", True), ("argomento=greet", True), ("argomento=find_centre", False),
        ("centro=torino-nord", True), ("centro=chieri", False),
        ("esito=not_understood", True), ("esito=answered", False),
        ("non_capito=1", True), ("incerto=1", True),
        ("appuntamento=no", True), ("appuntamento=si", False),
        ("voto=up", True), ("voto=down", False),
        ("etichetta=urgente", True), ("etichetta=altro", False),
        ("dal=2026-03-02&al=2026-03-02", True), ("al=2026-03-01", False), ("dal=2026-03-03", False),
        ("dal=nessuno", True), ("vista=libere", True), ("vista=mie", False), ("vista=nuove", True),
        ("vista=persona", False), ("vista=operatore", False), ("operatore=xx", True),
        (f"operatore={UUID(int=7)}", False), ("canale=telegram&voto=up&parole=did", True),
    ],
)  # fmt: skip
async def test_filters(signed_in: SignIn, query: Query, filters: str, there: bool) -> None:
    talk = Talk(query, channel="telegram", at=datetime(2026, 3, 2, 22, 0, tzinfo=UTC))
    talk.said("ciao", "greet")
    talk.said("la did a Torino nord", "faq/did", entities=[{"entity": "centre", "value": "torino-nord"}])
    talk.said("boh", "faq/did", confidence=0.2, fallback=True)
    query("INSERT INTO feedback (conversation_id, rating) VALUES (%s, 'up')", talk.id)
    query("INSERT INTO console_tags (conversation_id, tag) VALUES (%s, 'urgente')", talk.id)
    await talk.ready()
    assert (str(talk.id) in await (await signed_in()).page(f"/righe?{filters}")) is there


async def test_a_municipality_names_its_centre(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("abito a Chieri", entities=[{"entity": "municipality", "value": "Chieri"}])
    await talk.ready()
    assert query("SELECT centre FROM console_summaries") == [("chieri",)]


async def test_an_operator_of_a_centre_sees_that_and_what_is_nobodys(signed_in: SignIn, query: Query) -> None:
    talks = {}
    for name in ("torino-nord", "chieri", ""):
        talk = Talk(query)
        talk.said("parola", entities=[{"entity": "centre", "value": name}] if name else [])
        talks[name] = await talk.ready()
    anna = await signed_in("anna", "supervisore", centres=("torino-nord",))
    for path in ("/", "/?parole=parola", "/?centro=chieri"):
        page = await anna.page(path)
        assert str(talks["chieri"].id) not in page
    page = await anna.page("/")
    assert str(talks["torino-nord"].id) in page and str(talks[""].id) in page
    hidden = f"/conversazioni/{talks['chieri'].id}"
    for path in (hidden, f"{hidden}/messaggi", f"{hidden}/stampa"):
        await anna.page(path, status=404)
    for path in ("note", "etichette", "assegna", "scheda", "dati"):
        assert (await anna.post(f"{hidden}/{path}", {"testo": "x", "etichetta": "x", "motivo": "xxxxx"})).status == 404
    answer = await anna.post("/esporta", {"quali": "scelte", "scelta": str(talks["chieri"].id), "formato": "json"})
    assert await answer.json() == []


async def test_pages_follow_each_other_without_holes(signed_in: SignIn, query: Query) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    query(
        "WITH made AS (INSERT INTO conversations (id, channel, created_at, last_message_at) "
        "SELECT gen_random_uuid(), 'webchat', %s, %s + interval '1 minute' * (n / 3) FROM generate_series(1, 120) n "
        "RETURNING id) SELECT count(*) FROM made",
        start, start,
    )  # fmt: skip
    anna = await signed_in()

    async def all_there() -> bool:
        return query("SELECT count(*) FROM console_summaries") == [(120,)]

    talk = Talk(query, at=start - timedelta(days=1))
    query("SELECT pg_notify('sportello_messages', %s)", str(talk.id))
    from bot.storage.engine import create_engine
    from console.transcripts.summaries import catch_up

    engine = create_engine(pool_size=1)
    await catch_up(engine)
    await engine.dispose()
    seen: list[str] = []
    path = "/"
    while path:
        page = await anna.page(path)
        seen += [line.split('"')[0] for line in page.split('<tr id="c-')[1:]]
        older = page.split("Conversazioni precedenti")[0].rsplit('href="', 1)[1].split('"')[0]
        path = older.replace("&amp;", "&") if "Conversazioni precedenti" in page else ""
    assert (len(seen), len(set(seen))) == (121, 121)


async def test_unread_is_each_operators_own(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("uno")
    await talk.ready()
    anna, bruno = await signed_in("anna"), await signed_in("bruno")
    assert "da leggere" in await anna.page("/")
    await anna.page(f"/conversazioni/{talk.id}")
    assert "da leggere" not in await anna.page("/")
    assert str(talk.id) not in await anna.page("/righe?vista=nuove")
    assert "da leggere" in await bruno.page("/")
    talk.said("due")
    await talk.ready()
    assert "da leggere" in await anna.page("/")


async def test_open_pages_hear_of_what_happens(signed_in: SignIn, chat: Chat, query: Query) -> None:
    anna = await signed_in()
    other = Talk(query)
    async with (
        anna.client.get("/eventi") as every,
        anna.client.get("/eventi", params={"conversazione": chat.id}) as one,
        anna.client.get("/eventi", params={"conversazione": str(other.id)}) as another,
    ):
        assert every.headers["Content-Type"].startswith("text/event-stream")

        async def hear(stream: object) -> dict[str, int]:
            while True:
                line = (await stream.content.readline()).decode()  # type: ignore[attr-defined]
                if line.startswith('data: {"conv'):
                    return dict(json.loads(line.removeprefix("data: ")))

        await asyncio.sleep(0.5)
        await chat.send("ciao")
        assert await asyncio.wait_for(hear(every), 5) == {"conversations": 1}
        assert await asyncio.wait_for(hear(one), 5) == {"conversations": 1}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hear(another), 0.7)


async def test_what_was_said_while_the_console_was_off_is_caught_up_with(
    query: Query, chat: Chat, signed_in: SignIn
) -> None:
    await chat.send("una cosa detta prima")
    query("DELETE FROM console_summaries")
    from aiohttp.test_utils import TestServer

    from bot.settings import get_settings
    from console.app import create_app

    server = TestServer(create_app(get_settings()))
    await server.start_server()
    await until(lambda: query("SELECT citizen_messages FROM console_summaries") == [(1,)])
    await server.close()
