"""The words of what Sportello says first: in full, and as one segment of a text message."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from booked import SERVICE, SITE, moment, slot_at

from bot.agenda.model import Appointment, Hold, Mode, Service, Site
from bot.agenda.sample import load
from bot.agenda.words import at_hour, near_moment_words, short_moment
from bot.answers.gsm7 import SEGMENT, plain, septets, shortened
from bot.answers.reminders import freed_place, missed, reminder
from bot.conversations.model import Reply
from bot.knowledge import get_knowledge
from bot.knowledge.readability import gulpease
from channels.capabilities import SMS
from channels.render import render


def sample_titles() -> list[str]:
    return [service["title"] for service in load()["services"]]


LONG_TITLE = (
    "Colloquio di orientamento specialistico e definizione del patto di servizio personalizzato «GOL» – percorso 3"
)


def made(mode: Mode, title: str, site_title: str, *, sample: bool = False) -> tuple[Appointment, Service, Site]:
    slot = slot_at("2026-11-25T10:30", mode)
    appointment = Appointment(
        id=uuid4(), code="WWW-MMM", state="da_erogare", slot=slot, conversation_id=None, created_at=slot.starts
    )
    service = Service(
        id=SERVICE, category_id="x", title=title, duration=timedelta(minutes=30), modes=(mode,), audience="citizens",
        min_notice=timedelta(0), max_ahead=timedelta(days=60), movable_until=timedelta(days=1), sample=sample,
    )  # fmt: skip
    site = Site(id=SITE, title=site_title, municipality="x", province="TO", address="via Roma 1", lat=0, lon=0)
    return replace(appointment, sample=sample), service, site


def messages(mode: Mode, title: str, site_title: str, *, short: bool, sample: bool = False) -> list[Reply]:
    appointment, service, site = made(mode, title, site_title, sample=sample)
    start = appointment.slot.starts
    hold = Hold(id=uuid4(), slot=appointment.slot, expires_at=start)
    early = start - timedelta(days=2)
    until_then = start - timedelta(days=1)
    return [
        reminder(appointment, service, site, until=until_then, now=early, short=short),
        reminder(appointment, service, site, until=until_then, now=start - timedelta(hours=3), short=short),
        reminder(appointment, service, site, until=None, now=early, short=short),
        freed_place(uuid4(), hold, service, site, now=early, short=short),
        missed(appointment, service, site, now=start + timedelta(hours=1), short=short),
    ]


MODES: tuple[Mode, ...] = ("video", "phone", "in_person")


@pytest.mark.parametrize("mode", MODES)
def test_a_text_message_is_one_segment_whatever_the_titles(mode: Mode) -> None:
    sites = [centre.name for centre in get_knowledge().centres.values()]
    longest = max(sites, key=len)
    for title in (*sample_titles(), LONG_TITLE, "è" * 300, "€" * 100, "Ω’“”–" * 30, ""):
        for site in (longest, "C", "Š" * 90, LONG_TITLE):
            for reply in messages(mode, title, site, short=True):
                [part] = render(reply.text, reply.buttons, reply.links, SMS).parts
                # The numbers stand in the text already: nothing is added below it.
                assert (part.text, septets(part.text) <= SEGMENT) == (reply.text.strip(), True)


@pytest.mark.parametrize("mode", MODES)
def test_a_text_message_has_the_numbers_of_its_buttons_and_the_deadline(mode: Mode) -> None:
    first, late, _, freed, gone = messages(mode, "Orientamento e CV", "Centro per l'impiego di Pinerolo", short=True)
    assert "1 confermo 2 sposto 3 disdico entro mar 24/11 10:30" in first.text
    assert [button.title for button in first.buttons] == ["Confermo", "Sposto", "Disdico"]
    assert "mer 25/11 10:30: Orientamento e CV" in first.text
    assert "1 confermo." in late.text
    assert "2 sposto" not in late.text
    assert "1 sì, lo prendo 2 no, grazie" in freed.text
    assert "1 prenota di nuovo" in gone.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample", [False, True])
def test_the_words_are_plain(mode: Mode, sample: bool) -> None:
    for title in sample_titles():
        for site in ("Centro per l'impiego di Pinerolo", "Centro per l'impiego di Borgomanero"):
            for reply in messages(mode, title, site, short=False, sample=sample):
                assert gulpease(reply.text) >= 60, reply.text
                assert "!" not in reply.text
                assert "{" not in reply.text
            if sample:
                assert "calendario di prova" in messages(mode, title, site, short=False, sample=True)[0].text


def test_characters_no_telephone_has_become_their_neighbours() -> None:
    assert plain("È già l’ora – «sì» €5 字") == "E' già l'ora - \"sì\" €5 ?"
    assert septets("€{}") == 6
    with pytest.raises(ValueError, match="ŝ"):
        septets("ŝ")
    assert shortened("Patto di servizio", 8) == "Patto."
    assert shortened("Patto", 5) == "Patto"
    assert shortened("Lunghissimo", 5) == ""


def test_days_and_hours_are_italian() -> None:
    monday = datetime.fromisoformat("2026-03-02").date()
    assert near_moment_words(moment("2026-03-02T09:00"), today=monday) == "oggi, lunedì 2 marzo, alle 9"
    assert near_moment_words(moment("2026-03-03T13:05"), today=monday) == "domani, martedì 3 marzo, alle 13:05"
    assert near_moment_words(moment("2026-04-01T13:00"), today=monday) == "mercoledì 1° aprile alle 13"
    assert at_hour(moment("2026-03-02T01:00")).startswith("all'una")
    assert short_moment(moment("2026-10-25T09:05")) == "dom 25/10 9:05"
