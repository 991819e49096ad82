"""The page "Modello" and the comparison: what is shown, what is decided, who may, what is logged."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestServer
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from console_support import Desk, SignIn, new_account
from model_support import Shelf
from playwright.async_api import Browser, expect
from small_project import make_small_project
from test_console_browser import desk

from bot.settings import get_settings
from bot.storage.engine import create_engine

HOSTILE = "<script>alert(1)</script> \u202e =cmd sono Ada, 333 1234567"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
async def shelf(tmp_path: Path, database: str, project: Path, configure: Callable[..., None]) -> AsyncIterator[Shelf]:
    """Asked for before the console: it sets where things are. The model "aaaa…" is live, "bbbb…" was trained since."""
    configure(data_dir=tmp_path / "data", project_dir=project, encoder="small")
    engine = create_engine(pool_size=2)
    shelf = Shelf(engine, get_settings())
    await shelf.add("a" * 20)
    await shelf.start_with("a" * 20)
    await shelf.add("b" * 20, examples=12)
    yield shelf
    await engine.dispose()


@pytest.fixture
async def sara(shelf: Shelf, console: TestServer, signed_in: SignIn) -> Desk:
    return await signed_in("sara", "supervisore")


def audited(query: Query) -> list[tuple[str, str]]:
    return query("SELECT action, subject FROM console_audit WHERE action NOT LIKE 'entrat%%' ORDER BY seq")


async def test_training_is_asked_for_once_and_logged(sara: Desk, query: Query) -> None:
    answer = await sara.post("/modello/addestra")
    assert (answer.status, answer.headers["Location"]) == (303, "/modello?fatto=chiesto")
    [(run_id, state, asked_by)] = query("SELECT id, state, asked_by FROM model_runs")
    assert (state, asked_by) == ("waiting", "sara")
    assert ("addestramento chiesto", f"run:{run_id}") in audited(query)
    page = await sara.page("/modello")
    assert "In attesa di partire" in page
    assert "Annulla l'addestramento" in page
    again = await sara.post("/modello/addestra")
    assert again.status == 422
    assert "già in corso" in await again.text()
    assert (await sara.post("/modello/annulla", {"addestramento": str(run_id)})).status == 303
    assert query("SELECT state FROM model_runs") == [("cancelled",)]
    assert ("addestramento annullato", f"run:{run_id}") in audited(query)
    assert "è stato annullato" in await sara.page("/modello/stato")


async def test_progress_is_told_with_what_is_expected(sara: Desk, query: Query) -> None:
    query(
        "INSERT INTO model_runs (id, state, asked_by, started_at, ended_at, trained, model_id, regression, replayed)"
        " VALUES (gen_random_uuid(), 'done', 'x', now() - interval '125 seconds', now(), true, 'x', %s, 0)",
        '{"cases": 0, "right_before": 0, "right_after": 0, "better": [], "worse": []}',
    )
    query(
        "INSERT INTO model_runs (id, state, asked_by, started_at, place)"
        " VALUES (gen_random_uuid(), 'training', 'sara', now() - interval '61 seconds', 'here')"
    )
    page = await sara.page("/modello/stato")
    assert "Addestro il modello nuovo" in page
    assert "Tempo passato: 1 min 01 s, di solito in tutto 2 min 05 s" in page
    assert '<progress id="avanti" max="125" value="61">' in page


async def test_a_failure_is_shown_with_its_reason_and_the_number_of_its_log(sara: Desk, query: Query) -> None:
    run_id = uuid4()
    query(
        "INSERT INTO model_runs (id, state, asked_by, ended_at, failure) VALUES (%s, 'failed', 'x', now(), %s)",
        *(run_id, "Manca <b>qualcosa</b>."),
    )
    page = await sara.page("/modello")
    assert "Manca &lt;b&gt;qualcosa&lt;/b&gt;." in page
    assert run_id.hex[:8] in page


async def test_a_better_model_is_put_live_with_one_click_and_gone_back_from(
    sara: Desk, shelf: Shelf, query: Query
) -> None:
    await shelf.compared("b" * 20, "a" * 20, right_after=4)
    assert "Metti in servizio" in await sara.page("/modello")
    assert (await sara.post("/modello/servizio", {"modello": "b" * 20})).status == 303
    page = await sara.page("/modello")
    assert "Sta entrando in servizio" in page
    assert "Il sistema è fermo" in page
    await shelf.carried_out()
    page = await sara.page("/modello")
    assert "scelto da sara" in page
    assert "Torna al modello precedente" in page
    assert (await sara.post("/modello/indietro")).status == 303
    assert query("SELECT model_id, how FROM model_choices ORDER BY seq DESC LIMIT 1") == [("a" * 20, "back")]
    told = audited(query)
    assert ("modello messo in servizio", "model:" + "b" * 20) in told
    assert ("tornati al modello precedente", "model:" + "a" * 20) in told


async def test_a_worse_model_goes_live_only_with_a_reason_that_is_kept(
    sara: Desk, shelf: Shelf, signed_in: SignIn
) -> None:
    run_id = await shelf.compared("b" * 20, "a" * 20, right_after=1)
    page = await sara.page(f"/modello/confronti/{run_id}")
    assert "sbaglia di più" in page
    assert "Metti in servizio lo stesso" in page
    for reason in ("", "boh"):
        answer = await sara.post("/modello/servizio", {"modello": "b" * 20, "motivo": reason})
        assert answer.status == 422
        assert "scrivi perché" in await answer.text()
    reason = "le prove vecchie parlano di un servizio chiuso"
    assert (await sara.post("/modello/servizio", {"modello": "b" * 20, "motivo": reason})).status == 303
    log = await (await signed_in("capo", "amministratore")).page("/registro")
    assert "modello peggiore messo in servizio" in log
    assert reason in log


async def test_a_model_that_was_not_compared_is_compared_first(sara: Desk, query: Query) -> None:
    assert "da confrontare" in await sara.page("/modello")
    refused = await sara.post("/modello/servizio", {"modello": "b" * 20})
    assert refused.status == 422
    assert "Prima confronta questo modello" in await refused.text()
    assert (await sara.post("/modello/confronta", {"modello": "b" * 20})).status == 303
    assert query("SELECT model_id, state FROM model_runs") == [("b" * 20, "waiting")]


@pytest.mark.parametrize("model_id", ["", "x", "../../etc/passwd", "b" * 5000])
async def test_a_model_that_does_not_exist_is_refused(sara: Desk, model_id: str) -> None:
    for path in ("/modello/servizio", "/modello/confronta"):
        assert (await sara.post(path, {"modello": model_id})).status == 422


@pytest.mark.parametrize("run_id", ["", "x", "0b5d6c1e-7f3a-4f0e-9d57-2a4c8e6b1f90"])
async def test_a_run_that_does_not_exist_is_refused(sara: Desk, run_id: str) -> None:
    assert (await sara.post("/modello/annulla", {"addestramento": run_id})).status in (400, 422)
    assert (await sara.get(f"/modello/confronti/{run_id or 'x'}")).status == 404


async def test_an_operator_sees_no_models(shelf: Shelf, signed_in: SignIn) -> None:
    anna = await signed_in("anna", "operatore")
    assert "/modello" not in await anna.page("/")
    assert (await anna.get("/modello")).status == 403


# --- the comparison ---------------------------------------------------------------------------------------------------


def change(message: object, before: tuple[str, float, bool], after: tuple[str, float, bool]) -> dict[str, object]:
    def told(one: tuple[str, float, bool]) -> dict[str, object]:
        return dict(zip(("intent", "confidence", "asks"), one, strict=True))

    return {"message": str(message), "times": 3, "before": told(before), "after": told(after)}


@pytest.fixture
def wrote(query: Query) -> Callable[..., object]:
    """A message in a conversation of its own, of a centre if one is given."""

    def write(text: str, centre: str | None = None) -> object:
        conversation, message = uuid4(), uuid4()
        query("INSERT INTO conversations (id, channel, last_seq) VALUES (%s, 'webchat', 1)", conversation)
        query(
            "INSERT INTO messages (id, conversation_id, seq, sender, text) VALUES (%s, %s, 1, 'citizen', %s)",
            *(message, conversation, text),
        )
        query(
            "INSERT INTO console_summaries (conversation_id, channel, created_at, last_message_at, through_seq,"
            " citizen_messages, intents, fallback, appointment, outcome, centre)"
            " VALUES (%s, 'webchat', now(), now(), 1, 1, '{}', false, false, 'answered', %s)",
            *(conversation, centre),
        )
        return message

    return write


async def test_only_differences_are_shown_in_words_masked_and_the_reading_is_logged(
    sara: Desk, shelf: Shelf, wrote: Callable[..., object], query: Query
) -> None:
    message = wrote(HOSTILE)
    better = {"text": "come mi iscrivo", "intent": "faq/did", "before": None, "after": None}
    better["before"] = {"intent": "out_of_scope", "confidence": 0.7, "asks": False}
    better["after"] = {"intent": "faq/did", "confidence": 0.91, "asks": False}
    run_id = await shelf.compared(
        "b" * 20,
        "a" * 20,
        better=[better],
        right_after=4,
        replayed=10,
        changes=[change(message, ("faq/did", 0.42, True), ("greet", 0.8, False))],
    )
    page = await sara.page(f"/modello/confronti/{run_id}")
    assert "come mi iscrivo" in page
    assert "Fuori tema (70\u00a0%)" in page
    assert "Iscriversi: la DID (91\u00a0%)" in page.replace("&#39;", "'")
    assert "Non è sicuro e chiede, forse: Iscriversi: la DID (42\u00a0%)" in page
    assert "Saluta (80\u00a0%)" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "333 1234567" not in page
    assert ("confronto letto", f"run:{run_id}") in audited(query)


async def test_words_of_other_centres_and_erased_ones_are_not_shown(
    shelf: Shelf, signed_in: SignIn, wrote: Callable[..., object], query: Query
) -> None:
    cuneo, torino = wrote("parole di Cuneo", "cuneo"), wrote("parole di Torino", "torino-nord")
    gone = wrote("parole cancellate")
    values = [change(one, ("greet", 0.9, False), ("thanks", 0.9, False)) for one in (cuneo, torino, gone)]
    run_id = await shelf.compared("b" * 20, "a" * 20, replayed=3, changes=values)
    query("DELETE FROM conversations WHERE id = (SELECT conversation_id FROM messages WHERE id = %s)", gone)
    carla = await signed_in("carla", "supervisore", centres=("cuneo",))
    page = await carla.page(f"/modello/confronti/{run_id}")
    assert "parole di Cuneo" in page
    assert "parole di Torino" not in page
    assert "parole cancellate" not in page
    assert "Altri 2 non si vedono" in page
    stored = query("SELECT changes::text FROM model_runs WHERE id = %s", run_id)
    assert "parole" not in stored[0][0]


async def test_a_comparison_with_a_model_that_is_no_longer_live_cannot_put_live(sara: Desk, shelf: Shelf) -> None:
    await shelf.add("c" * 20)
    run_id = await shelf.compared("b" * 20, "c" * 20)
    page = await sara.page(f"/modello/confronti/{run_id}")
    assert "che ora non è più in servizio" in page
    assert "Confronta con quello in servizio adesso" in page
    assert 'action="/modello/servizio"' not in page


# --- in the browser ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.timeout(120)
async def test_the_pages_in_every_state_wide_and_narrow(
    shelf: Shelf, console: TestServer, browser: Browser, wrote: Callable[..., object], query: Query
) -> None:
    await new_account("sara", "supervisore")
    page = await desk(browser, console, "sara")
    narrow = await desk(browser, console, "sara", viewport=PHONE)

    async def look(path: str) -> None:
        for one in (page, narrow):
            await one.goto(path)
            await assert_accessible(one)
            await assert_fits_width(one)

    await look("/modello")
    # Asked for by keyboard alone; the page goes on by itself.
    await page.goto("/modello")
    await page.get_by_role("button", name="Addestra").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("In attesa di partire")).to_be_visible()
    await look("/modello")
    await page.goto("/modello")
    await page.get_by_role("link", name="Aggiorna").focus()
    query("UPDATE model_runs SET state = 'training', started_at = now()")
    await expect(page.get_by_role("strong").get_by_text("Addestro il modello nuovo")).to_be_visible()
    await expect(page.locator("#annunci")).to_have_text("Addestro il modello nuovo")
    await expect(page.get_by_role("link", name="Aggiorna")).to_be_focused()
    await look("/modello")
    query("UPDATE model_runs SET state = 'failed', failure = 'Un file è sbagliato.', ended_at = now()")
    await look("/modello")
    worse = {"text": "una frase", "intent": "faq/did", "before": None, "after": None}
    worse["before"] = {"intent": "faq/did", "confidence": 0.7, "asks": False}
    worse["after"] = {"intent": "greet", "confidence": 0.9, "asks": False}
    run_id = await shelf.compared(
        "b" * 20,
        "a" * 20,
        right_after=2,
        worse=[worse],
        replayed=10,
        changes=[change(wrote(HOSTILE), ("faq/did", 0.42, True), ("greet", 0.8, False))],
    )
    await look("/modello")
    await look(f"/modello/confronti/{run_id}")
    await page.goto(f"/modello/confronti/{run_id}")
    await page.get_by_label("Perché lo metti in servizio lo stesso").fill("le prove vecchie non valgono più")
    await page.get_by_role("button", name="Metti in servizio lo stesso").click()
    await expect(page.get_by_text("Sta entrando in servizio")).to_be_visible()
    await look("/modello")
    await shelf.carried_out()
    await look("/modello")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/modello")
    await page.get_by_role("button", name="Torna al modello precedente").click()
    await expect(page.get_by_text("Torno al modello precedente.")).to_be_visible()
