"""The page of figures: who sees it and of which centres, files, few people, drawings, hostile words."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from console_support import Desk, SignIn
from console_talks import Talk
from desk_pages import DeskPages
from playwright.async_api import expect

from bot.figures.definitions import DEFINITIONS, EXPLAINED
from bot.figures.model import Few, Kept, veiled
from bot.figures.overview import FIGURES, GROUPS
from bot.figures.period import Period, preset, read_period
from bot.knowledge.readability import gulpease
from console.figures.words import decimal, minutes

TODAY = date(2026, 3, 4)


async def talks(query: Query, *, centre: str | None, count: int, intent: str = "faq/did") -> None:
    for _ in range(count):
        talk = Talk(query)
        talk.said("ciao", intent, entities=[{"entity": "centre", "value": centre}] if centre else [])
        await talk.ready()


async def rows_of(desk: Desk, key: str, more: str = "") -> list[list[str]]:
    answer = await desk.get(f"/numeri/{key}.csv?periodo=7{more}")
    assert answer.status == 200, await answer.text()
    text = (await answer.read()).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_every_figure_is_on_the_page_once_and_explained() -> None:
    assert sorted(key for keys in GROUPS.values() for key in keys) == sorted(FIGURES)
    assert set(EXPLAINED) == set(FIGURES)
    assert set(EXPLAINED.values()) <= {one.key for one in DEFINITIONS}


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.key)
def test_definitions_are_easy_to_read(one: object) -> None:
    assert gulpease(one.text) >= 50  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("first", "last", "chosen", "period"),
    [
        ("2026-02-01", "2026-02-28", "", Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("2026-02-28", "2026-02-01", "7", Period(date(2026, 2, 26), TODAY)),  # the wrong way round
        ("0001-01-01", "9999-12-31", "mese", Period(date(2026, 3, 1), TODAY)),
        ("x", "", "mese-scorso", Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("", "", "anno", Period(date(2025, 3, 5), TODAY)),
        ("", "", "boh", Period(date(2026, 2, 3), TODAY)),
    ],
)
def test_periods_are_read(first: str, last: str, chosen: str, period: Period) -> None:
    assert read_period(first, last, chosen, TODAY) == period


def test_the_period_before_is_as_long_and_days_are_italian() -> None:
    march = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert march.before() == Period(date(2026, 1, 29), date(2026, 2, 28))
    spring, autumn = Period(date(2026, 3, 29), date(2026, 3, 29)), Period(date(2026, 10, 25), date(2026, 10, 25))
    first, after = spring.moments()
    assert after.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=23)
    first, after = autumn.moments()
    assert after.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=25)
    assert preset("mese-scorso", date(2026, 1, 31)) == Period(date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([20, 3, 9], [20, Few(), Kept()]),  # 3 is not to be worked out from the total
        ([20, 3, 2], [20, Few(), Few()]),
        ([20, 0, 9], [20, 0, 9]),
        ([3, 0, 0], [Few(), 0, 0]),
    ],
)
def test_few_people_are_not_told_nor_to_be_worked_out(counts: list[int], told: list[object]) -> None:
    assert veiled(counts, counts, hidden=True) == told
    assert veiled(counts, counts, hidden=False) == counts


def test_numbers_are_written_the_italian_way() -> None:
    assert [decimal(1234567, places=0), decimal(0.25), decimal(12), decimal(1234.5, places=2)] == [
        "1.234.567", "0,2", "12", "1.234,50",
    ]  # fmt: skip
    assert [minutes(0.5), minutes(5.4), minutes(150)] == ["30 s", "5 min", "2 h 30 min"]


async def test_supervisors_see_it_and_operators_do_not(signed_in: SignIn, query: Query) -> None:
    anna, sara = await signed_in("anna"), await signed_in("sara", "supervisore")
    await talks(query, centre=None, count=2)
    for path in ("/numeri", "/numeri/come-si-conta", "/numeri/canali.csv"):
        assert (await anna.get(path)).status == 403
    assert "Numeri" not in await anna.page("/profilo")
    assert 'id="n-talks"' in await sara.page("/numeri")
    assert "Conversazione" in await sara.page("/numeri/come-si-conta")
    assert (await sara.get("/numeri/niente.csv")).status == 404


async def test_who_has_centres_gets_the_figures_of_those_alone(signed_in: SignIn, query: Query) -> None:
    await talks(query, centre="susa", count=6)
    await talks(query, centre="ivrea", count=7)
    await talks(query, centre=None, count=8)
    everybody = await signed_in("sara", "supervisore")
    mine = await signed_in("bruna", "supervisore", centres=("susa",))
    assert (await rows_of(everybody, "canali"))[1][:3] == ["Web chat", "21", "21"]
    assert (await rows_of(mine, "canali"))[1][:3] == ["Web chat", "6", "6"]
    # Asking for another's is no way to it.
    assert (await rows_of(mine, "canali", "&centro=ivrea"))[1][:3] == ["Web chat", "6", "6"]
    assert (await rows_of(mine, "canali", "&centro=-"))[1][:3] == ["Web chat", "8", "8"]
    page = await mine.page("/numeri")
    assert 'value="susa"' in page
    assert 'value="ivrea"' not in page


async def test_what_few_people_of_a_centre_asked_is_not_told(signed_in: SignIn, query: Query) -> None:
    await talks(query, centre="susa", count=6, intent="faq/did")
    await talks(query, centre="susa", count=4, intent="danger")
    sara = await signed_in("sara", "supervisore")
    about = dict(row[:2] for row in (await rows_of(sara, "argomenti", "&centro=susa"))[1:])
    assert about == {"Iscriversi: la DID": "6", "Pericolo": "meno di 5"}
    # Of everybody together nobody can be told.
    assert dict(row[:2] for row in (await rows_of(sara, "argomenti"))[1:])["Pericolo"] == "4"


async def test_a_file_is_logged_and_holds_no_formula(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("=cmd|' /C calc'!A0", "=HYPERLINK(1)")
    await talk.ready()
    sara = await signed_in("sara", "supervisore")
    rows = await rows_of(sara, "argomenti")
    assert rows == [["Argomento", "Conversazioni"], ["'=HYPERLINK(1)", "1"]]
    [(action, subject, detail)] = query("SELECT action, subject, detail FROM console_audit ORDER BY seq DESC LIMIT 1")
    assert (action, subject) == ("numeri esportati", "argomenti")
    assert set(detail) == {"dal", "al", "centro"}
    assert "<script" not in (await sara.page("/numeri")).replace('<script src="/static/', "")


@pytest.mark.parametrize(
    ("at", "day", "hour"),
    [
        ("2026-10-24T21:59:59Z", "2026-10-24", 23),
        ("2026-10-24T22:00:00Z", "2026-10-25", 0),
        ("2026-10-25T00:30:00Z", "2026-10-25", 2),  # half past two, twice
        ("2026-10-25T01:30:00Z", "2026-10-25", 2),
        ("2026-10-25T22:59:59Z", "2026-10-25", 23),
        ("2026-10-25T23:00:00Z", "2026-10-26", 0),
        ("2026-03-29T00:59:59Z", "2026-03-29", 1),
        ("2026-03-29T01:00:00Z", "2026-03-29", 3),  # from two to three there is nothing
        ("2026-03-29T21:59:59Z", "2026-03-29", 23),
        ("2026-03-29T22:00:00Z", "2026-03-30", 0),
    ],
)
async def test_a_message_counts_on_its_italian_day_and_hour(query: Query, at: str, day: str, hour: int) -> None:
    talk = Talk(query)
    message = talk.said("ciao")
    query("UPDATE messages SET created_at = %s WHERE id = %s", datetime.fromisoformat(at), message)
    await talk.ready()
    assert query("SELECT day::text, citizen, outcome FROM figure_days") == [(day, 1, "answered")]
    assert query("SELECT day::text, hour FROM figure_hours") == [(day, hour)]


async def test_figures_follow_the_conversation(query: Query, signed_in: SignIn) -> None:
    sara = await signed_in("sara", "supervisore")
    talk = Talk(query)
    talk.said("boh", "faq/did", fallback=True)
    await talk.ready()
    assert (await rows_of(sara, "esiti"))[3][:2] == ["Non capite", "1"]
    talk.said("voglio una persona", "talk_to_operator")
    await talk.ready()
    assert [row[1] for row in (await rows_of(sara, "esiti"))[1:]] == ["0", "1", "0"]
    query("DELETE FROM conversations")
    assert (await rows_of(sara, "canali"))[1:] == []


@pytest.mark.browser
async def test_the_page_in_a_browser(desk_pages: DeskPages, query: Query) -> None:
    await talks(query, centre="susa", count=6)
    page = await desk_pages("sara", "supervisore")
    await page.goto("/numeri?periodo=7")
    await assert_accessible(page)
    chart = page.get_by_role("img", name="Canali")
    await expect(chart).to_be_visible()
    # By keyboard: the table behind the drawing, the file, the definition.
    summary = page.locator("#canali summary")
    await summary.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#canali table")).to_contain_text("Web chat")
    await assert_accessible(page)
    async with page.expect_download() as download:
        await page.locator("#canali").get_by_role("link", name="Scarica il CSV").press("Enter")
    assert (await download.value).suggested_filename.startswith("canali-")
    await page.select_option("#centro", "susa")
    await page.get_by_role("button", name="Mostra").press("Enter")
    await expect(page.locator(".lead")).to_contain_text("Susa")
    await page.set_viewport_size(PHONE)
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await assert_fits_width(page)
    await assert_accessible(page)
    await page.goto("/numeri/come-si-conta#esiti")
    await assert_fits_width(page)
    await assert_accessible(page)


@pytest.mark.browser
async def test_drawings_are_seen_in_forced_colours_and_on_paper(desk_pages: DeskPages, query: Query) -> None:
    await talks(query, centre=None, count=3)
    page = await desk_pages("sara", "supervisore", forced_colors="active")
    await page.goto("/numeri?periodo=7")
    colours = "selector => { const s = getComputedStyle(document.querySelector(selector)); return [s.fill, s.stroke]; }"
    bar, _ = await page.evaluate(colours, "#canali .mark")
    words, _ = await page.evaluate(colours, "#canali text")
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground not in (bar, words)
    await page.emulate_media(media="print", forced_colors="none")
    assert await page.locator("#canali svg").is_visible()
    assert not await page.locator(".band").is_visible()
