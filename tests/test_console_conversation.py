"""One conversation: what is shown and hidden, what operators add, what is harmless."""

import asyncio
import csv
import io

import pytest
from conftest import Query
from console_support import Desk, SignIn
from console_talks import Talk
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversations.handoff import close, take
from bot.conversations.handoff_model import Operator
from console.transcripts.work import set_work

PHONE = "333 123 4567"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TRICK = "gatto\u202eotnemaippa\u202c\u200b"
FORMULA = '=HYPERLINK("http://altrove.example";"x")'


@pytest.fixture
async def talk(query: Query) -> Talk:
    made = Talk(query)
    made.said(
        f"mi chiamo Mario Rossi, il mio numero è {PHONE}",
        entities=[{"entity": "number", "value": PHONE}],
        ranking=[{"name": "centre_hours", "confidence": 0.4}, {"name": "find_centre", "confidence": 0.9}],
    )
    made.answered(
        "Grazie ‹nome›, ti chiamiamo al ‹contatto›.", links='[{"title": "Sito", "url": "https://example.org"}]'
    )
    made.said("(telefono o e-mail)", "inform", sealed="+393339998877")
    return await made.ready()


async def test_personal_data_are_hidden(signed_in: SignIn, talk: Talk) -> None:
    ada = await signed_in("ada", "amministratore")
    for path in ("", "/stampa", "/messaggi"):
        page = await ada.page(f"/conversazioni/{talk.id}{path}")
        assert "[telefono]" in page and "(telefono o e-mail)" in page and "mi chiamo [nome]" in page
        for secret in (PHONE, "Mario", "Rossi", "3339998877", "‹nome›"):
            assert secret not in page
    for path in ("/", "/?parole=numero", "/?parole=Mario"):
        assert "Mario Rossi" not in await ada.page(path)


async def test_what_was_understood_is_told(signed_in: SignIn, talk: Talk) -> None:
    page = await (await signed_in()).page(f"/conversazioni/{talk.id}")
    for words in ("Cerca il centro, 90%", "Orari del centro 40%", "action_x", "numero", "https://example.org"):
        assert words in page


async def test_in_clear_for_a_reason_to_those_allowed_and_logged(signed_in: SignIn, talk: Talk, query: Query) -> None:
    path = f"/conversazioni/{talk.id}/dati"
    anna, sara = await signed_in("anna"), await signed_in("sara", "supervisore")
    assert (await anna.post(path, {"motivo": "devo richiamare"})).status == 403
    assert (await sara.post(path, {"motivo": " "})).status == 422
    answer = await sara.post(path, {"motivo": "devo richiamare"})
    page = await answer.text()
    assert PHONE in page and "+393339998877" in page and "Mario Rossi" in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert query("SELECT account FROM console_audit WHERE action = 'dati in chiaro'") == [("sara",)]
    # Whoever works on it may, too.
    await anna.post(f"/conversazioni/{talk.id}/assegna", {"a": str(anna.id)})
    assert (await anna.post(path, {"motivo": "devo richiamare"})).status == 200


async def test_notes_tags_facts_and_whose_it_is(signed_in: SignIn, talk: Talk, query: Query) -> None:
    anna, bruno = await signed_in("anna"), await signed_in("bruno")
    sara = await signed_in("sara", "supervisore")
    base = f"/conversazioni/{talk.id}"
    assert (await anna.post(f"{base}/note", {"testo": "richiamare lunedì"})).status == 303
    assert (await anna.post(f"{base}/note", {"testo": "  "})).status == 422
    assert (await anna.post(f"{base}/etichette", {"etichetta": " Da  Richiamare "})).status == 303
    assert (await anna.post(f"{base}/etichette", {"etichetta": "<b>"})).status == 422
    page = await bruno.page(base)
    assert "richiamare lunedì" in page and "da richiamare" in page
    [(note,)] = query("SELECT id FROM console_notes")
    assert (await bruno.post(f"{base}/note/{note}/togli")).status == 403
    assert (await anna.post(f"{base}/note/{note}/togli")).status == 303
    assert (await anna.post(f"{base}/assegna", {"a": str(bruno.id)})).status == 403
    assert (await anna.post(f"{base}/assegna", {"a": str(anna.id)})).status == 303
    assert (await bruno.post(f"{base}/assegna", {"a": str(bruno.id)})).status == 403
    assert "assegnata a Anna Prova" in await bruno.page("/")
    assert (await sara.post(f"{base}/assegna", {"a": str(bruno.id)})).status == 303
    assert (await sara.post(f"{base}/scheda", {"centro": "chieri", "esito": "resolved"})).status == 303
    assert (await sara.post(f"{base}/scheda", {"centro": "nessuno"})).status == 400
    assert query("SELECT centre, outcome FROM console_summaries") == [("chieri", "resolved")]
    logged = [row[0] for row in query("SELECT action FROM console_audit WHERE subject <> '' ORDER BY seq")]
    assert {"nota aggiunta", "nota tolta", "etichetta aggiunta", "assegnazione", "scheda"} <= set(logged)


async def test_nothing_is_assigned_to_who_does_not_see_it(signed_in: SignIn, talk: Talk) -> None:
    sara = await signed_in("sara", "supervisore")
    other = await signed_in("carla", centres=("chieri",))
    await sara.post(f"/conversazioni/{talk.id}/scheda", {"centro": "torino-nord"})
    answer = await sara.post(f"/conversazioni/{talk.id}/assegna", {"a": str(other.id)})
    assert answer.status == 422


# --- words that are more than words -----------------------------------------------------------------------------------


@pytest.fixture
async def nasty(query: Query) -> Talk:
    made = Talk(query)
    for words in (
        SCRIPT,
        TRICK,
        FORMULA,
        "  +39@SUM(1)",
        "\t=cmd|' /C calc'!A0",
        "-2+3",
        "@import",
        'normale; "sì"\nriga',
    ):
        made.said(words, entities=[{"entity": "number", "value": words}])
    links = '[{"title": "<i>", "url": "javascript:alert(1)"}]'
    made.answered(SCRIPT, buttons='[{"title": "<b>x</b>", "payload": "/x"}]', links=links)
    return await made.ready()


async def pages_with(desk: Desk, talk: Talk) -> list[str]:
    base = f"/conversazioni/{talk.id}"
    await desk.post(f"{base}/note", {"testo": SCRIPT + TRICK})
    paths = ("/", "/?parole=alert", f"/?parole={'%3Cscript%3E'}", base, f"{base}/messaggi", f"{base}/stampa")
    pages = [await desk.page(path) for path in paths]
    return [*pages, await (await desk.post(f"{base}/dati", {"motivo": "per prova"})).text()]


async def test_nothing_said_becomes_part_of_a_page(signed_in: SignIn, nasty: Talk) -> None:
    for page in await pages_with(await signed_in("sara", "supervisore"), nasty):
        for tag in ("<script>alert", "<img src=x", "<b>x", "<i>", 'href="javascript'):
            assert tag not in page
    assert "&lt;script&gt;" in page


async def test_pages_run_no_script_but_their_own(signed_in: SignIn, nasty: Talk) -> None:
    answer = await (await signed_in()).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "<script>" not in await answer.text() and "onclick" not in await answer.text()


async def test_text_is_not_turned_round(signed_in: SignIn, nasty: Talk) -> None:
    for page in await pages_with(await signed_in("sara", "supervisore"), nasty):
        assert not {"\u202e", "\u202c", "\u200b"} & set(page)


async def exported(desk: Desk, talk: Talk, **more: str) -> str:
    fields = {"quali": "scelte", "scelta": str(talk.id), "formato": "csv"} | more
    answer = await desk.post("/esporta", fields)
    assert answer.status == 200, await answer.text()
    return (await answer.read()).decode("utf-8-sig")


async def test_a_spreadsheet_calculates_nothing(signed_in: SignIn, nasty: Talk) -> None:
    rows = list(
        csv.DictReader(io.StringIO(await exported(await signed_in("sara", "supervisore"), nasty)), delimiter=";")
    )
    assert len(rows) == 9
    for row in rows:
        for value in row.values():
            assert not value.lstrip().startswith(("=", "+", "-", "@", "\t")), value
    assert rows[2]["testo"] == "'" + FORMULA
    assert rows[7]["testo"] == 'normale; "sì"\nriga'


async def test_exports_hide_personal_data_unless_there_is_a_reason(signed_in: SignIn, talk: Talk, query: Query) -> None:
    sara = await signed_in("sara", "supervisore")
    for kind in ("csv", "json"):
        masked = await exported(sara, talk, formato=kind)
        assert "[telefono]" in masked and "Mario" not in masked and PHONE not in masked
        assert (await sara.post("/esporta", {"formato": kind, "in_chiaro": "1"})).status == 422
        clear = await exported(sara, talk, formato=kind, in_chiaro="1", motivo="richiesta del giudice")
        assert "Mario Rossi" in clear and "+393339998877" in clear
    logged = query("SELECT detail->>'formato', detail->>'in_chiaro' FROM console_audit WHERE action = 'esportazione'")
    assert sorted(logged) == [("csv", "false"), ("csv", "true"), ("json", "false"), ("json", "true")]


async def test_a_search_is_exported_whole(signed_in: SignIn, query: Query) -> None:
    for number in range(230):
        talk = Talk(query, channel="telegram" if number % 2 else "webchat")
        talk.said(f"domanda numero {number}")
    from bot.storage.engine import create_engine
    from console.transcripts.summaries import catch_up

    engine = create_engine(pool_size=1)
    assert await catch_up(engine) == 230
    await engine.dispose()
    sara = await signed_in("sara", "supervisore")
    answer = await sara.post(
        "/esporta", {"quali": "filtri", "formato": "json", "canale": "telegram", "parole": "domand"}
    )
    documents = await answer.json()
    assert len({one["id"] for one in documents}) == len(documents) == 115
    assert {one["channel"] for one in documents} == {"telegram"}


async def test_who_talks_with_the_citizen_sees_the_data_whoever_it_is_assigned_to(
    signed_in: SignIn, query: Query, engine: AsyncEngine
) -> None:
    talk = Talk(query)
    talk.said("(nome e cognome)", "inform", sealed="Anna De Rossi")
    await talk.ready()
    anna, marco = await signed_in("anna"), await signed_in("marco")
    path, reason = f"/conversazioni/{talk.id}/dati", {"motivo": "per risponderle col nome"}
    assert (await anna.post(path, reason)).status == 403
    async with engine.begin() as connection:
        await take(connection, talk.id, Operator(key=str(anna.id), name="Anna"))
    query("INSERT INTO console_work (conversation_id, assigned_to) VALUES (%s, %s)", talk.id, marco.id)
    shown = await anna.post(path, reason)
    assert shown.status == 200 and "Anna De Rossi" in await shown.text()
    assert query("SELECT count(*) FROM console_audit WHERE action = 'dati in chiaro'") == [(1,)]
    async with engine.begin() as connection:
        await close(connection, talk.id, Operator(key=str(anna.id), name="Anna"), outcome="resolved", seen=99)
    assert (await anna.post(path, reason)).status == 403, "having had it is not enough"
    assert (await marco.post(path, reason)).status == 200


@pytest.mark.parametrize("known", [True, False])
async def test_who_sums_up_second_does_not_undo_what_the_first_wrote(
    engine: AsyncEngine, query: Query, known: bool
) -> None:
    talk = Talk(query)
    talk.said("uno")
    if known:
        await talk.ready()
    async with engine.begin() as first:
        await set_work(first, talk.id, centre="pinerolo")
        second = asyncio.create_task(talk.ready())
        await asyncio.sleep(0.3)  # it began before the first ended
        assert not second.done()
    await second
    assert query("SELECT centre FROM console_summaries") == [("pinerolo",)]
