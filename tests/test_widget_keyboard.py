"""The widget by keyboard alone, at 400 % zoom, with focus always seen and never under something else."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect
from support import Dialogue
from widget_support import SLOTS, Widget, rasa, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# 1280 x 1024 at 400 %, which is also 1.4.10's own measure.
ZOOMED = {"width": 320, "height": 256}

FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const root = one.getRootNode();
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 0), innerHeight - 1);
  const hit = root.elementFromPoint(x, y);
  return {
    name: (one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.textContent || "").trim().replace(/\\s+/g, " "),
    inside: root !== document,
    outline: parseFloat(style.outlineWidth),
    seen: Boolean(hit) && (hit === one || one.contains(hit) || hit.contains(one)),
    onScreen: box.bottom > 0 && box.top < innerHeight,
  };
}"""


async def tab_to(page: Page, name: str, *, key: str = "Tab", most: int = 60) -> dict[str, Any]:
    """Press Tab until what begins so has the focus; each stop on the way is seen, and not covered."""
    stops = []
    for _ in range(most):
        await page.keyboard.press(key)
        now = await page.evaluate(FOCUSED)
        stops.append(now["name"])
        if now["inside"]:
            assert now["outline"] >= 2, now
            assert now["onScreen"], now
            assert now["seen"], now
        if now["name"].startswith(name):
            return dict(now)
    raise AssertionError(f"{name} cannot be reached: {stops}")


@pytest.fixture
def booking(answering: Dialogue) -> Dialogue:
    """A talk about an appointment, as the stand-in has it."""
    answering.says |= {
        "vorrei un appuntamento": rasa("Come preferisci?", ("Videochiamata", '/choose{"mode":"video"}')),
        "Videochiamata": rasa(
            "Posso proporti questi:", *((t, f'/choose{{"slot":"{index}"}}') for index, t in enumerate(SLOTS))
        ),
        "gio 5 mar, 10:00": rasa("A che nome prenoto?"),
        "Anna De Rossi": rasa(
            "Confermi?", ("Confermo", '/choose{"confirm":"yes"}'), ("Annulla", '/choose{"stop":"yes"}')
        ),
        "Confermo": rasa("Prenotato: giovedì 5 marzo alle 10."),
    }
    return answering


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 320, "height": 640}, ZOOMED])
async def test_booking_by_keyboard_alone(widget: Widget, booking: Dialogue, size: dict[str, int]) -> None:
    page = widget.page
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await tab_to(page, "Chatta con Sportello")
    await page.keyboard.press("Enter")
    await expect(widget.input).to_be_focused()
    await page.keyboard.type("vorrei un appuntamento")
    await page.keyboard.press("Enter")
    await expect(widget.bubbles().last).to_have_text("Come preferisci?")
    await tab_to(page, "Videochiamata", key="Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(widget.bubbles().last).to_have_text("Posso proporti questi:")
    # The focus stayed on the pressed choice: what comes next is the next stop.
    assert (await page.evaluate(FOCUSED))["name"] == "Videochiamata"
    await tab_to(page, "9:30 giovedì", most=2)
    await tab_to(page, "10:00 giovedì", most=1)
    await page.keyboard.press("Space")
    await expect(widget.bubbles().last).to_have_text("A che nome prenoto?")
    await tab_to(page, "Scrivi un messaggio")
    await page.keyboard.type("Anna De Rossi")
    await page.keyboard.press("Enter")
    await expect(widget.bubbles().last).to_have_text("Confermi?")
    await tab_to(page, "Confermo", key="Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(widget.bubbles().last).to_have_text("Prenotato: giovedì 5 marzo alle 10.")
    await page.keyboard.press("Escape")
    await expect(widget.launcher).to_be_focused()


async def test_on_a_phone_the_focus_stays_in_the_panel_and_on_a_desktop_it_does_not(widget: Widget) -> None:
    page = widget.page
    await page.set_viewport_size({"width": 320, "height": 640})
    await widget.open()
    for _ in range(25):
        await page.keyboard.press("Tab")
        # Beyond the last stop there is the browser itself, then the panel again.
        assert await page.evaluate("['SPORTELLO-CHAT', 'BODY'].includes(document.activeElement.tagName)")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(widget.panel).to_be_visible()
    await widget.input.focus()
    for _ in range(25):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.tagName") == "A":
            return
    raise AssertionError("the page cannot be reached")


async def test_growing_and_shrinking_the_window_keeps_words_and_focus(widget: Widget) -> None:
    await widget.open()
    await widget.input.fill("a metà")
    for size in ({"width": 320, "height": 256}, {"width": 1280, "height": 800}, {"width": 320, "height": 640}):
        await widget.page.set_viewport_size(size)  # type: ignore[arg-type]
        await settled(0.2)
        await expect(widget.panel).to_be_visible()
        await expect(widget.input).to_be_focused()
        await expect(widget.input).to_have_value("a metà")


async def test_the_panel_gives_way_to_what_has_the_focus_under_it(widget: Widget) -> None:
    page = widget.page
    await page.evaluate(
        "const made = document.createElement('button'); made.id = 'sotto'; made.textContent = 'sotto'; "
        "made.style.cssText = 'position:fixed;right:60px;bottom:200px'; document.body.prepend(made)"
    )
    await widget.open()
    await page.locator("#sotto").focus()
    await expect(widget.panel).to_be_hidden()
    await expect(page.locator("#sotto")).to_be_focused()


async def test_escape_closes_one_thing_at_a_time_and_focus_goes_back(widget: Widget) -> None:
    await widget.open()
    options = widget.chat.get_by_role("button", name="Opzioni")
    await options.focus()
    await widget.page.keyboard.press("Enter")
    await expect(options).to_have_attribute("aria-expanded", "true")
    await widget.page.keyboard.press("Escape")
    await expect(options).to_be_focused()
    await expect(options).to_have_attribute("aria-expanded", "false")
    erase = widget.chat.get_by_role("button", name="Cancella i miei dati")
    await erase.focus()
    await widget.page.keyboard.press("Enter")
    await widget.page.keyboard.press("Escape")
    await expect(erase).to_be_focused()
    await widget.page.keyboard.press("Escape")
    await expect(widget.launcher).to_be_focused()


async def test_nothing_written_is_told_in_words(widget: Widget) -> None:
    await widget.open()
    await widget.input.press("Enter")
    await expect(widget.status).to_have_text("Scrivi un messaggio, poi premi Invia.")
    await expect(widget.input).to_have_attribute("aria-invalid", "true")
    await expect(widget.input).to_be_focused()


async def test_shift_and_enter_begin_a_new_line(widget: Widget) -> None:
    await widget.open()
    await widget.input.press_sequentially("una")
    await widget.input.press("Shift+Enter")
    await widget.input.press_sequentially("due")
    await widget.input.press("Enter")
    await expect(widget.bubbles("citizen")).to_have_text(re.compile("una\\s+due"))


async def test_at_four_hundred_per_cent_everything_is_one_column_and_can_be_reached(widget: Widget) -> None:
    page = widget.page
    await page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_contain_text("risposta")
    wide = "one => one.scrollWidth - one.clientWidth"
    assert await widget.panel.evaluate(wide) <= 0
    for name in ("Opzioni", "Riduci", "Chiudi", "Invia", "Cancella i miei dati"):
        await tab_to(page, name)
    await widget.accessible()
    # And with the text at its largest.
    await widget.chat.get_by_role("button", name="Opzioni").click()
    for _ in range(3):
        await widget.chat.get_by_role("button", name="Testo più grande").click()
    await page.keyboard.press("Escape")
    assert await widget.panel.evaluate(wide) <= 0
    await tab_to(page, "Cancella i miei dati")


async def test_nothing_moves_for_those_who_do_not_want_it(widget: Widget, answering: Dialogue) -> None:
    answering.slow["piano"] = 1.5
    await widget.open()
    await widget.say("piano")
    typing = widget.chat.locator(".typing")
    await expect(typing).to_be_visible()
    still = "one => getComputedStyle(one, '::after').animationName"
    assert await typing.evaluate(still) == "none"
    await widget.page.emulate_media(reduced_motion="no-preference")
    assert await typing.evaluate(still) == "pulse"


RINGS = """() => {
  const luminance = (colour) => {
    const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.match(/\\d+/g).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const root = document.querySelector("sportello-chat").shadowRoot;
  const style = getComputedStyle(root.activeElement);
  const rings = [style.outlineColor, style.boxShadow.match(/rgb[^)]*\\)/)[0]].map(luminance);
  const ground = (one) => luminance(getComputedStyle(root.querySelector(one)).backgroundColor);
  const grounds = [".panel", ".scroller", ".head", ".send"].map(ground);
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const best = (one) => Math.max(...rings.map((ring) => contrast(ring, one)));
  return { rings: contrast(...rings), grounds: grounds.map(best) };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_ring_of_the_focus_is_seen_on_every_ground(widget: Widget, scheme: Any) -> None:
    await widget.page.emulate_media(color_scheme=scheme)
    await widget.open()
    await widget.page.keyboard.press("Tab")
    found = await widget.page.evaluate(RINGS)
    assert found["rings"] >= 3
    assert min(found["grounds"]) >= 3, found
