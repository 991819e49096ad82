"""The widget when things break: no network, no WebSocket, reloads, tabs, sleep, floods, blocked storage, expiry."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient
from conftest import Query
from playwright.async_api import Browser, Page, Route, expect
from support import Dialogue, until
from widget_support import LISTEN, Widget, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

NO_SOCKETS = (
    "window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({code: 1006}), 5); } close() {} };"
)
# A socket that opens and then is silent, as after a sleep.
DEAD_SOCKETS = (
    "window.WebSocket = class { constructor() { window.sockets = (window.sockets || 0) + 1; "
    "setTimeout(() => this.onopen?.({}), 5); } close() { this.onclose?.({code: 1006}); } };"
)
NO_STORAGE = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
)


A_DAY_OLDER = """() => {
  const [key] = Object.keys(localStorage);
  const kept = JSON.parse(localStorage[key]);
  localStorage[key] = JSON.stringify({...kept, at: kept.at - 25 * 3600e3});
}"""
OTHER_CLOCK = """
  const Real = Date;
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + HOURS * 3600e3); }
    static now() { return Real.now() + HOURS * 3600e3; }
  };
"""


async def visit(edge: TestClient, page: Page, *, reload: bool = False) -> Widget:
    made = Widget(page, edge)
    await (page.reload() if reload else page.goto(str(edge.make_url("/"))))
    return made


async def test_what_is_written_without_network_leaves_when_it_is_back_in_order_and_once(
    widget: Widget, answering: Dialogue, query: Query
) -> None:
    await widget.open()
    await widget.page.context.set_offline(True)
    for text in ("uno", "due", "tre"):
        await widget.say(text)
    await expect(widget.chat.locator(".delivery")).to_have_text(["In attesa di partire"] * 3)
    await expect(widget.status).to_contain_text("Manca la connessione")
    await settled(1.5)
    await widget.page.context.set_offline(False)
    await expect(widget.bubbles().last).to_have_text("risposta a: tre", timeout=15_000)
    await expect(widget.chat.locator(".pending")).to_have_count(0)
    assert query("SELECT text FROM messages WHERE sender = 'citizen' ORDER BY seq") == [("uno",), ("due",), ("tre",)]
    assert answering.texts() == ["uno", "due", "tre"]
    await expect(widget.bubbles("citizen")).to_have_text(["uno", "due", "tre"])


async def test_a_message_whose_answer_was_lost_is_stored_once(widget: Widget, query: Query) -> None:
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < 2:
            lost += 1
            await route.fetch()  # it arrives; the answer does not come back
            await route.abort()
        else:
            await route.continue_()

    await widget.open()
    await widget.page.route("**/messages", lose)
    await widget.say("una volta sola")
    await expect(widget.bubbles().last).to_have_text("risposta a: una volta sola")
    await expect(widget.chat.locator(".pending")).to_have_count(0, timeout=15_000)
    assert lost
    assert query("SELECT count(*) FROM messages WHERE sender = 'citizen'") == [(1,)]
    await expect(widget.bubbles("citizen")).to_have_count(1)


async def test_a_refused_message_says_why_and_can_be_sent_again(widget: Widget) -> None:
    refuse = True

    async def answer(route: Route) -> None:
        if refuse and route.request.method == "POST":
            await route.fulfill(status=422, json={"message": "Il messaggio non è arrivato bene. Riprova."})
        else:
            await route.continue_()

    await widget.open()
    await widget.page.route("**/messages", answer)
    await widget.say("ciao")
    await expect(widget.chat.locator(".delivery")).to_have_text(
        "Non inviato. Il messaggio non è arrivato bene. Riprova."
    )
    refuse = False
    await widget.chat.get_by_role("button", name="Riprova", exact=True).click()
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    await expect(widget.bubbles("citizen")).to_have_count(1)


async def test_without_websockets_the_same_comes_by_long_polling(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    page = await browser.new_page()
    await page.add_init_script(NO_SOCKETS)
    widget = await visit(edge, page)
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    await widget.told("e poi")
    await expect(widget.bubbles().last).to_have_text("e poi")
    assert widget.faults == []


async def test_a_socket_that_sleeps_is_found_out_and_nothing_is_missing(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    page = await browser.new_page()
    await page.add_init_script(DEAD_SOCKETS)
    widget = await visit(edge, page)
    await widget.open()
    await expect(widget.chat.locator(".message")).to_have_count(1)
    await widget.told("detto mentre dormivi")
    await settled(1)
    await expect(widget.chat.locator(".message")).to_have_count(1)
    # The tab wakes.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(widget.bubbles().last).to_have_text("detto mentre dormivi")
    # The dead one was left for another.
    assert await until(lambda: page.evaluate("window.sockets >= 2"))


async def test_an_edge_that_goes_away_and_comes_back_repeats_nothing(widget: Widget) -> None:
    await widget.open()
    await widget.say("prima")
    await expect(widget.bubbles().last).to_have_text("risposta a: prima")
    # Every connection of the page is cut, as when the edge is started again.
    for _ in range(3):
        for connection in list(widget.edge.server.handler.connections):  # type: ignore[union-attr]
            if connection.transport is not None:
                connection.transport.abort()
        await widget.told("nel frattempo")
        await settled(0.3)
    await widget.say("dopo")
    await expect(widget.bubbles().last).to_have_text("risposta a: dopo", timeout=15_000)
    await expect(widget.bubbles().filter(has_text="nel frattempo")).to_have_count(3)
    seqs = await widget.chat.locator(".message").evaluate_all("all => all.map(one => Number(one.dataset.seq))")
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_reload_goes_on_with_the_same_conversation(widget: Widget) -> None:
    await widget.open()
    await widget.say("ricordati")
    await expect(widget.bubbles().last).to_contain_text("risposta a: ricordati")
    before = await widget.conversation()
    await widget.page.reload()
    await widget.page.evaluate(LISTEN)
    await widget.launcher.click()
    await expect(widget.bubbles("citizen")).to_have_text("ricordati")
    assert await widget.conversation() == before
    await settled()
    assert await widget.announced() == []


async def test_two_tabs_show_the_same_and_say_each_message_once(widget: Widget, answering: Dialogue) -> None:
    await widget.open()
    other = await visit(widget.edge, await widget.page.context.new_page())
    await other.launcher.click()
    await expect(other.chat.locator(".message")).to_have_count(1)
    await widget.say("da qui")
    await other.say("da là")
    for one in (widget, other):
        await expect(one.bubbles().filter(has_text="risposta a:")).to_have_count(2)
        await expect(one.bubbles("citizen")).to_have_count(2)
        await expect(one.chat.locator(".pending")).to_have_count(0)
    assert sorted(answering.texts()) == ["da là", "da qui"]
    # What is erased in one tab is gone in the other.
    await widget.chat.get_by_role("button", name="Cancella i miei dati").click()
    await widget.chat.get_by_role("button", name="Sì, cancella tutto").click()
    await expect(other.status).to_contain_text("non c'è più")
    await expect(other.chat.locator(".message")).to_have_count(0)


async def test_two_tabs_opened_together_open_one_conversation(
    edge: TestClient, browser: Browser, answering: Dialogue, query: Query
) -> None:
    context = await browser.new_context()
    widgets = [await visit(edge, await context.new_page()) for _ in range(3)]
    await asyncio.gather(*(one.launcher.click() for one in widgets))
    for one in widgets:
        await expect(one.chat.locator(".message")).to_have_count(1)
    assert query("SELECT count(*) FROM conversations") == [(1,)]


async def test_without_storage_it_works_for_as_long_as_the_page(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    page = await browser.new_page()
    await page.add_init_script(NO_STORAGE)
    widget = await visit(edge, page)
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    await widget.page.evaluate(
        "const one = document.querySelector('sportello-chat'); one.remove(); document.body.append(one)"
    )
    await widget.launcher.click()
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    assert widget.faults == []


async def test_an_expired_conversation_says_so_and_a_new_one_takes_what_was_not_sent(
    widget: Widget, query: Query
) -> None:
    await widget.open()
    query("UPDATE conversations SET last_message_at = now() - interval '169 hours'")
    await widget.say("sono tornato")
    await expect(widget.status).to_contain_text("è scaduta o è stata chiusa")
    await widget.chat.get_by_role("button", name="Nuova conversazione").click()
    await expect(widget.bubbles().last).to_have_text("risposta a: sono tornato")


async def test_the_page_may_let_it_expire_sooner(widget: Widget) -> None:
    await widget.open()
    before = await widget.conversation()
    await widget.page.evaluate(A_DAY_OLDER)
    await widget.page.reload()
    assert await widget.kept() == {}
    await widget.open()
    assert await widget.conversation() != before


@pytest.mark.parametrize("hours", [-30 * 24, 30 * 24])
async def test_a_clock_that_is_wrong_changes_nothing_of_what_is_shown(
    edge: TestClient, browser: Browser, answering: Dialogue, hours: int, query: Query
) -> None:
    page = await browser.new_page()
    await page.add_init_script(OTHER_CLOCK.replace("HOURS", str(hours)))
    widget = await visit(edge, page)
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    [(hour,)] = query("SELECT to_char(created_at AT TIME ZONE 'Europe/Rome', 'HH24:MI') FROM messages WHERE seq = 1")
    await expect(widget.chat.locator(".message.bot time").first).to_have_text(hour)
    await visit(edge, page, reload=True)
    await widget.launcher.click()
    await expect(widget.bubbles("citizen")).to_have_text("ciao")


async def test_twenty_thousand_messages_at_once(widget: Widget, query: Query) -> None:
    await widget.open()
    await widget.page.evaluate(LISTEN)
    conversation = await widget.conversation()
    query(
        "WITH more AS (INSERT INTO messages (id, conversation_id, seq, sender, text) "
        "SELECT gen_random_uuid(), %s, n, 'bot', 'messaggio ' || n FROM generate_series(2, 20001) AS n RETURNING 1) "
        "UPDATE conversations SET last_seq = 20001 WHERE id = %s",
        conversation,
        conversation,
    )
    query("SELECT pg_notify('sportello_messages', %s)", str(conversation))
    await expect(widget.bubbles().last).to_have_text("messaggio 20001", timeout=60_000)
    assert await widget.chat.locator(".message").count() <= 600
    await settled(1)
    assert len(await widget.announced()) < 300
    # Still quick to write in, and what came before can be seen.
    await widget.chat.get_by_role("button", name="Mostra i messaggi precedenti").click()
    await widget.say("ancora qui?")
    await expect(widget.bubbles().last).to_have_text("risposta a: ancora qui?", timeout=15_000)
