"""The widget on other people's pages: another origin, strict policies, attributes, several at once, hostile text."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, Page, expect
from support import Dialogue, free_port
from widget_support import Widget, elsewhere, settled

from bot.conversations.model import Button, Link
from channels import webchat
from channels.widget import bundle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAGE = '<!doctype html><html lang="it"><head><title>Sito</title></head><body><main><h1>Sito</h1>{}</main></body></html>'


@asynccontextmanager
async def site(
    html: str, edge: TestClient, headers: dict[str, str] | None = None, *, allowed: bool = True
) -> AsyncIterator[TestServer]:
    """A page of another origin, which the edge lets use the chat or not."""
    server = await elsewhere(PAGE.format(html), headers)
    origin = str(server.make_url("/")).rstrip("/")
    settings = edge.app[webchat.SETTINGS]  # type: ignore[union-attr]
    patched = settings.model_copy(update={"allowed_origins": (origin,) if allowed else ()})
    edge.app._state[webchat.SETTINGS] = patched  # type: ignore[union-attr]
    yield server
    await server.close()


def script(edge: TestClient, attributes: str = "") -> str:
    return f'<script src="{edge.make_url("/widget/sportello.js")}" {attributes}></script>'


async def messages_of(page: Page) -> list[str]:
    """What the browser complains of, from now on."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    return found


def test_the_bundle_is_within_its_budget() -> None:
    assert len(bundle.compressed()) <= bundle.BUDGET


async def test_one_script_tag_on_another_site_under_a_strict_policy_with_a_nonce(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    home = str(edge.make_url("/")).rstrip("/")
    policy = (
        f"default-src 'none'; script-src 'nonce-abc'; connect-src {home} {home.replace('http', 'ws')}; "
        "style-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    asked: list[str] = []
    async with site(script(edge, 'nonce="abc" defer'), edge, {"Content-Security-Policy": policy}) as server:
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        complaints = await messages_of(page)
        widget = Widget(page, edge)
        await page.goto(str(server.make_url("/")))
        await widget.open()
        await widget.say("ciao da un altro sito")
        await expect(widget.bubbles().last).to_have_text("risposta a: ciao da un altro sito")
        await expect(widget.panel).to_have_css("position", "fixed")
        assert complaints == []
        assert widget.faults == []
        here = {str(server.make_url("/")).rstrip("/"), home, home.replace("http", "ws")}
        assert all(any(url.startswith(one) for one in here) for url in asked), asked


async def test_a_site_that_is_not_allowed_gets_no_conversation_and_says_so(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    async with site(script(edge), edge, allowed=False) as server:
        page = await browser.new_page()
        widget = Widget(page, edge)
        await page.goto(str(server.make_url("/")))
        await widget.launcher.click()
        await expect(widget.status).to_contain_text("Non riesco a collegarmi")


async def test_attributes_set_title_colour_side_language_and_theme(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    attributes = (
        'data-title="Chiedi al Cpi" data-colour="#ffd500" data-position="left" '
        'data-lang="en" data-theme="dark" data-open="yes"'
    )
    async with site(script(edge, attributes), edge) as server:
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        widget = Widget(page, edge)
        await page.goto(str(server.make_url("/")))
        await expect(widget.panel).to_be_visible()
        await expect(page.get_by_role("dialog", name="Chiedi al Cpi")).to_be_visible()
        await expect(page.get_by_role("button", name="Send")).to_be_visible()
        box = await widget.panel.bounding_box()
        assert box is not None
        assert box["x"] < 100
        await expect(widget.log).to_contain_text("assistente automatico")
        # A light colour gets dark words on it.
        await widget.accessible()
        await widget.chat.evaluate("one => { one.dataset.colour = '#884488'; one.dataset.theme = 'light'; }")
        await widget.accessible()
        await widget.chat.evaluate("one => { one.dataset.title = 'Altro'; }")
        await expect(page.get_by_role("dialog", name="Altro")).to_be_visible()
        await expect(widget.log).to_contain_text("assistente automatico")


async def test_two_widgets_on_one_page_are_one_conversation(
    edge: TestClient, browser: Browser, answering: Dialogue
) -> None:
    html = '<sportello-chat data-position="inline"></sportello-chat><sportello-chat></sportello-chat>' + script(edge)
    async with site(html, edge) as server:
        page = await browser.new_page()
        widget = Widget(page, edge)
        await page.goto(str(server.make_url("/")))
        assert await page.locator("sportello-chat").count() == 2
        assert await widget.kept() == {}
        await widget.input.click()
        await expect(widget.log).to_contain_text("assistente automatico dei Centri")
        await widget.say("ciao")
        second = page.locator("sportello-chat").nth(1)
        await second.locator(".launcher").click()
        for one in (page.locator("sportello-chat").first, second):
            await expect(one.locator(".message.bot .bubble").last).to_have_text("risposta a: ciao")
            await expect(one.locator(".message")).to_have_count(3)
        assert answering.texts() == ["ciao"]
        ids = await page.evaluate(
            "[...document.querySelectorAll('sportello-chat')]"
            ".flatMap(one => [...one.shadowRoot.querySelectorAll('[id]')].map(made => made.id))"
        )
        assert len(ids) == len(set(ids))
        await widget.accessible()


async def test_removed_and_added_again_it_goes_on_and_asks_once(widget: Widget, answering: Dialogue) -> None:
    await widget.open()
    await widget.say("prima")
    await expect(widget.bubbles().last).to_have_text("risposta a: prima")
    take_out = "() => { window.one = document.querySelector('sportello-chat'); one.remove(); }"
    for _ in range(5):
        await widget.page.evaluate(take_out)
        await widget.page.evaluate("document.body.append(one)")
    await widget.page.evaluate(take_out)
    await settled()
    waiting = widget.edge.app[webchat.ANNOUNCEMENTS].open_waiters  # type: ignore[union-attr]
    assert waiting() == 0
    await widget.page.evaluate("document.body.append(one)")
    await widget.launcher.click()
    await widget.say("dopo")
    await expect(widget.bubbles().last).to_have_text("risposta a: dopo")
    await expect(widget.chat.locator(".message")).to_have_count(5)
    assert waiting() == 1


HOSTILE = [
    '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>',
    "</div></template><svg onload=window.pwned=1>",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1}",
    "\u202egnittes ni \u2066ma\u2069 \u200f" + "\u0301" * 300 + "Z",
    "parola" * 600,
    "https://" + "a" * 3000 + ".it?" + "<\"'>" * 20,
    "800" * 900 + " " + "0" * 900 + "a@" + "b." * 500,
]


async def test_hostile_text_is_only_text_and_breaks_nothing(widget: Widget) -> None:
    await widget.open()
    buttons = tuple(Button(title=text[:400], payload="/affirm") for text in HOSTILE)
    links = tuple(Link(title=text[:400], url=text) for text in HOSTILE)
    for text in HOSTILE:
        await widget.told(text, buttons=buttons, links=links)
        await widget.told(text, sender="operator", author=text[:200])
    await expect(widget.bubbles("operator")).to_have_count(len(HOSTILE))
    shown = await widget.bubbles("bot").evaluate_all(
        "all => all.slice(1).map(one => one.textContent.replace(/ \\(si apre in una nuova scheda\\)/g, ''))"
    )
    assert shown == HOSTILE
    assert await widget.page.evaluate("window.pwned") is None
    wide = "one => one.scrollWidth - one.clientWidth"
    assert await widget.log.evaluate(wide) <= 0
    assert await widget.panel.evaluate(wide) <= 0
    assert await widget.chat.locator("img, script, template").count() == 0
    await widget.accessible()


async def test_a_page_with_the_widget_is_as_accessible_as_one_without(widget: Widget, browser: Browser) -> None:
    await widget.accessible()
    await widget.open()
    await widget.accessible()


async def test_an_edge_that_cannot_be_reached_is_told_and_tried_again(browser: Browser, edge: TestClient) -> None:
    html = script(edge, f'data-api="http://127.0.0.1:{free_port()}"')
    async with site(html, edge) as server:
        page = await browser.new_page()
        widget = Widget(page, edge)
        await page.goto(str(server.make_url("/")))
        await widget.launcher.click()
        await expect(widget.status).to_contain_text("Riprovo da solo")
        await expect(widget.chat.get_by_role("button", name="Riprova ora")).to_be_visible()
        await widget.accessible()
