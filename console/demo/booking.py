"""Talks about an appointment: from the first word to the code; or no place, and the waiting list."""

from datetime import timedelta

from pydantic import TypeAdapter

from bot.agenda.citizens import sealed
from bot.agenda.model import Citizen, Mode, Service, Site, SlotQuery
from bot.agenda.tables import waiting
from bot.agenda.words import MODES, moment_words
from bot.answers import appointments as words
from bot.answers.sentences import say
from bot.booking import questions
from bot.conversations.model import Reply
from bot.demand.model import Lack
from console.demo.asking import greets
from console.demo.booked import Booked, appointment_of, code_of, good_news
from console.demo.ids import new_id
from console.demo.later import FORM, later
from console.demo.leaving import lacks
from console.demo.places import Place
from console.demo.talk import Talk
from console.demo.wording import data, write
from console.transcripts.summaries import competent_centres

WEIGHTS = {
    "accoglienza-did": 6,
    "patto-di-servizio": 5,
    "orientamento-cv": 3,
    "ricerca-lavoro": 3,
    "sostegno-reddito": 3,
}
CALLED = {
    "accoglienza-did": "iscrivermi",
    "patto-di-servizio": "il patto di servizio",
    "orientamento-cv": "il curriculum",
    "ricerca-lavoro": "cercare lavoro",
    "tirocini": "un tirocinio",
    "collocamento-mirato": "il collocamento mirato",
    "sostegno-reddito": "l'ADI",
}
NO_PLACE = 0.1
_query = TypeAdapter(SlotQuery)


def books(talk: Talk) -> None:
    """From the first word to the code, and what became of it later."""
    service = _service(talk)
    site_id = competent_centres()[talk.person.town]
    if service is None or site_id not in talk.world.places.sites:
        return
    greets(talk)
    mode = _asked(talk, service)
    days = (talk.today + timedelta(days=2), talk.today + timedelta(days=24))
    found = [
        talk.world.places.take(talk.chance, site_id=site_id, service=service, mode=mode, first=days[0], last=days[1])
        for _ in range(3)
    ]
    places = sorted((one for one in found if one is not None), key=lambda one: one.slot.starts)
    for one in places:
        talk.world.places.give_back(one)
    if not places or talk.chance.random() < NO_PLACE:
        _waits(talk, service, talk.world.sites[site_id], mode)
        return
    _offered(talk, talk.world.sites[site_id], places)
    if talk.chance.random() < 0.12:
        return  # leaves it there
    booked = _settled(talk, service, mode, talk.chance.choice(places))
    if booked is not None:
        later(talk, service, booked)


def _service(talk: Talk) -> Service | None:
    known = {name: weight for name, weight in WEIGHTS.items() if name in talk.world.services}
    known |= {name: 2 for name in CALLED if name in talk.world.services and name not in known}
    if not known:
        return None
    return talk.world.services[talk.chance.choices(list(known), list(known.values()))[0]]


def _asked(talk: Talk, service: Service) -> Mode:
    """The questions up to the day. Returns the mode chosen."""
    template = talk.chance.choice(data("small_talk")["book_appointment"])
    said = write(template, talk.chance, talk.person.style, town=talk.person.town, service=CALLED[service.id])
    talk.asks(said, "book_appointment", FORM, near=("reschedule_appointment", "faq/appuntamenti"))
    if "{service}" not in template:
        some = [one for one in talk.world.services.values() if one.audience == "citizens"][:8]
        asked = tuple(questions.choose(one.title, service=one.id) for one in some)
        talk.bot(Reply(text=words.ASK_SERVICE, buttons=asked))
        talk.presses(questions.choose(service.title, service=service.id), FORM)
    if "{town}" not in template:
        talk.bot(Reply(text=words.ASK_WHERE))
        where = write("{town}", talk.chance, talk.person.style, town=talk.person.town)
        talk.asks(where, "inform", FORM)
    mode = talk.chance.choice(service.modes)
    if len(service.modes) > 1:
        talk.bot(questions.ask_mode(service))
        talk.presses(questions.choose(words.MODE_TITLES[mode], mode=mode), FORM)
    talk.bot(questions.ask_when())
    talk.asks(write(talk.chance.choice(data("small_talk")["when"]), talk.chance, talk.person.style), "inform", FORM)
    return mode


def _offered(talk: Talk, site: Site, places: list[Place]) -> None:
    have = "ho questi posti. Quale preferisci?" if len(places) > 1 else "ho questo posto. Va bene?"
    buttons = [questions.choose(words.button_time(one.slot.starts), slot=str(n)) for n, one in enumerate(places)]
    talk.bot(Reply(text=f"Presso {site.title} {have}", buttons=(*buttons, questions.OTHERS)))


def _settled(talk: Talk, service: Service, mode: Mode, place: Place) -> Booked | None:
    """Slot, name, contact, consent, the last yes. None when consent is refused."""
    site, starts = talk.world.sites[place.slot.site_id], place.slot.starts
    if not talk.world.places.is_free(place):
        return None
    index = next(n for n, one in enumerate(talk.choices) if one.title == words.button_time(starts))
    talk.presses(talk.choices[index], FORM)
    kept = f"Tengo per te {moment_words(starts, today=talk.today)}, {MODES[mode]}, {site.title}: {service.title}."
    talk.bot(Reply(text=f"{kept} {words.ASK_NAME}", expects="name"))
    name = talk.person.name
    talk.gives("name", talk.chance.choice(data("small_talk")["name_said"]).replace("{name}", name), name)
    talk.bot(questions.ask_contact(mode))
    contact = talk.person.phone if mode == "phone" or talk.chance.random() < 0.7 else talk.person.email
    talk.gives("contact", contact.removeprefix("+39"), contact)
    tax_code = None
    if service.needs_codice_fiscale:
        tax_code = talk.person.codice_fiscale
        talk.bot(questions.ask_tax_code())
        talk.gives("codice_fiscale", tax_code, tax_code)
    consent = questions.ask_consent()
    talk.bot(consent)
    if talk.chance.random() < 0.03:
        talk.presses(consent.buttons[1], FORM)
        talk.bot(Reply(text=say(words.CONSENT_REFUSED)))
        return None
    talk.presses(consent.buttons[0], FORM)
    sum_up = words.summary(service, site, mode, starts, today=talk.today, sample=True)
    asked = questions.ask_confirm(sum_up)
    talk.bot(asked)
    talk.presses(asked.buttons[0], FORM)
    citizen = Citizen(name=name, contact=contact, codice_fiscale=tax_code)
    booked = Booked(appointment=appointment_of(talk, place, code=code_of(talk)), place=place, citizen=citizen)
    talk.world.places.keep(place)
    talk.bot(good_news(talk, service, booked))
    return booked


def _wish(talk: Talk) -> dict[str, str | bool]:
    """When it was wanted, as the talk about an appointment keeps it."""
    if talk.chance.random() < 0.4:
        return {"asap": True}
    day = talk.today + timedelta(days=talk.chance.randint(2, 12))
    return {"date": day.isoformat(), "part": talk.chance.choice(("mattina", "pomeriggio"))}


def _waits(talk: Talk, service: Service, site: Site, mode: Mode) -> None:
    """No place: the province is offered; some take the waiting list instead."""
    buttons = (questions.WAIT, questions.STOP)
    text = (
        f"Presso {site.title} non vedo posti nei prossimi giorni. "
        "Posso metterti in lista d'attesa: se si libera un posto ti scrivo."
    )
    talk.bot(Reply(text=text, buttons=buttons))
    lack = Lack(
        kind="no_place",
        reason="full",
        service_id=service.id,
        mode=mode,
        centre=site.id,
        province=site.province,
        wish={"ring": "centre", **_wish(talk)},
    )
    lacks(talk, lack)
    if talk.chance.random() < 0.45:
        return
    talk.presses(questions.WAIT, FORM)
    talk.bot(questions.ask_name())
    talk.gives("name", talk.person.name, talk.person.name)
    talk.bot(questions.ask_contact(mode))
    talk.gives("contact", talk.person.phone.removeprefix("+39"), talk.person.phone)
    talk.bot(Reply(text=words.ON_LIST.format(service=service.title, places=f"presso {site.title}")))
    query = SlotQuery(service_id=service.id, site_ids=(site.id,), now=talk.now, modes=(mode,))
    over = talk.now + timedelta(days=talk.chance.uniform(2, 12))
    ended = over if over < talk.world.end and talk.chance.random() < 0.6 else None
    citizen = Citizen(name=talk.person.name, contact=talk.person.phone)
    talk.world.rows.add(
        waiting,
        id=new_id(talk.chance),
        conversation_id=talk.id,
        service_id=service.id,
        wish=_query.dump_python(query, mode="json", exclude={"now"}),
        citizen=None if ended else sealed(citizen),
        created_at=talk.now,
        ended_at=ended,
    )
