"""Talks about an appointment: booked, moved, cancelled, reminded of, missed; or no place, and the waiting list."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.types.range import Range
from pydantic import TypeAdapter

from bot.agenda.citizens import name_fingerprints, sealed
from bot.agenda.codes import DIGITS, LETTERS
from bot.agenda.model import Appointment, CancelReason, Citizen, Mode, Service, Site, SlotQuery, State
from bot.agenda.page_tokens import page_url
from bot.agenda.tables import appointments, claims, waiting
from bot.agenda.words import MODES, REASONS, moment_words
from bot.answers import appointments as words
from bot.answers.reminders import missed, reminder
from bot.answers.sentences import say
from bot.booking import questions
from bot.clock import ROME
from bot.conversations.model import Button, Link, Reply
from bot.demand.model import Lack
from bot.dialogue.payloads import make_payload
from console.demo.asking import greets
from console.demo.ids import new_id
from console.demo.leaving import lacks
from console.demo.places import Place
from console.demo.talk import Talk
from console.demo.wording import data, write
from console.transcripts.summaries import competent_centres

FORM = "appointment_form"
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


@dataclass(kw_only=True)
class Booked:
    """An appointment being made up; `history` are those it was moved from, as rows."""

    appointment: Appointment
    place: Place
    citizen: Citizen
    confirmed: bool = False

    @property
    def starts(self) -> datetime:
        """When it begins."""
        return self.place.slot.starts


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
        _later(talk, service, booked)


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
    if not _is_free(talk, place):
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
    booked = Booked(appointment=_appointment(talk, place, code=_code(talk)), place=place, citizen=citizen)
    talk.world.places.keep(place)
    talk.bot(_good_news(talk, service, booked))
    return booked


def _is_free(talk: Talk, place: Place) -> bool:
    return talk.world.places.is_free(place)


def _code(talk: Talk) -> str:
    drawn = [talk.chance.choice(LETTERS + DIGITS) for _ in range(5)] + [talk.chance.choice(DIGITS)]
    return f"{''.join(drawn[:3])}-{''.join(drawn[3:])}"


def _appointment(talk: Talk, place: Place, *, code: str) -> Appointment:
    return Appointment(
        id=new_id(talk.chance),
        code=code,
        state="da_erogare",
        slot=place.slot,
        conversation_id=talk.id,
        created_at=talk.now,
        sample=True,
    )


def _good_news(talk: Talk, service: Service, booked: Booked, *, moved: bool = False) -> Reply:
    appointment = booked.appointment
    site = talk.world.sites[appointment.slot.site_id]
    until = booked.starts - service.movable_until if service.movable_until is not None else None
    ids = str(appointment.id)
    url = page_url(appointment.id)
    return Reply(
        text=words.booked(appointment, service, site, until=until, today=talk.today, moved=moved),
        buttons=(
            Button(title="Sposta", payload=make_payload("reschedule_appointment", appointment=ids)),
            Button(title="Disdici", payload=make_payload("cancel_appointment", appointment=ids)),
        ),
        links=(
            Link(title="Pagina dell'appuntamento", url=url),
            Link(title="Aggiungi al calendario", url=f"{url}/calendario.ics"),
        ),
    )


def _later(talk: Talk, service: Service, booked: Booked) -> None:
    """Moved, cancelled, or kept: reminded of, then had or missed."""
    what = talk.chance.random()
    last = booked.starts - timedelta(hours=25)
    if what < 0.3 and last > talk.now + timedelta(hours=1):
        talk.now += (last - talk.now) * talk.chance.uniform(0.1, 0.9)
        if not talk.is_over and what < 0.15:
            booked = _moves(talk, service, booked)
        elif not talk.is_over:
            _cancels(talk, service, booked)
            return
    _keeps(talk, service, booked)


def _in_words(talk: Talk, service: Service, booked: Booked) -> str:
    site = talk.world.sites[booked.place.slot.site_id]
    return words.appointment_in_words(booked.appointment, service, site, today=talk.today)


def _moves(talk: Talk, service: Service, booked: Booked) -> Booked:
    slot = booked.place.slot
    said = write(talk.chance.choice(data("small_talk")["reschedule_appointment"]), talk.chance, talk.person.style)
    talk.asks(said, "reschedule_appointment", FORM, near=("cancel_appointment", "faq/spostare-disdire"))
    talk.bot(questions.ask_when(words.ASK_NEW_WHEN.format(appointment=_in_words(talk, service, booked))))
    talk.asks(write(talk.chance.choice(data("small_talk")["when"]), talk.chance, talk.person.style), "inform", FORM)
    first = booked.starts.astimezone(ROME).date() + timedelta(days=1)
    found = talk.world.places.take(
        talk.chance, site_id=slot.site_id, service=service, mode=slot.mode, first=first, last=first + timedelta(days=14)
    )
    if found is None:
        talk.bot(Reply(text="Come chiedi non c'è posto.", buttons=(questions.OTHERS, questions.STOP)))
        return booked
    site = talk.world.sites[slot.site_id]
    new = moment_words(found.slot.starts, today=talk.today)
    old = moment_words(booked.starts, today=talk.today)
    confirm = questions.choose("Confermo", confirm="yes")
    others = (questions.choose("Un altro giorno", change="when"), questions.choose("Lascia com'è", stop="yes"))
    asked = f"Sposto da {old} a {new}, {MODES[slot.mode]}, {site.title}. Confermi?"
    talk.bot(Reply(text=asked, buttons=(confirm, *others)))
    talk.presses(confirm, FORM)
    moved = Booked(
        appointment=_appointment(talk, found, code=booked.appointment.code), place=found, citizen=booked.citizen
    )
    talk.world.places.give_back(booked.place)
    _keep(talk, booked, "spostato", moved_to=moved)
    talk.bot(_good_news(talk, service, moved, moved=True))
    moved.appointment = Appointment(**{**moved.appointment.__dict__, "moved_from": booked.appointment.id})
    return moved


def _cancels(talk: Talk, service: Service, booked: Booked) -> None:
    said = write(talk.chance.choice(data("small_talk")["cancel_appointment"]), talk.chance, talk.person.style)
    talk.asks(said, "cancel_appointment", FORM, near=("reschedule_appointment", "faq/spostare-disdire"))
    in_words = _in_words(talk, service, booked)
    asked = questions.ask_reason(in_words)
    talk.bot(asked)
    reasons = tuple(REASONS)
    which = talk.chance.randrange(len(reasons))
    talk.presses(asked.buttons[which], FORM)
    asked = questions.ask_cancel(in_words)
    talk.bot(asked)
    talk.presses(asked.buttons[0], FORM)
    talk.world.places.give_back(booked.place)
    again = Button(title="Prenota di nuovo", payload=make_payload("book_appointment"))
    talk.bot(Reply(text=f"Fatto, ho disdetto: {in_words}. Se ti serve, ne prendiamo un altro.", buttons=(again,)))
    by_desk = talk.chance.random() < 0.15
    _keep(talk, booked, "disdetto_operatore" if by_desk else "disdetto_cittadino", reason=reasons[which])


def _keeps(talk: Talk, service: Service, booked: Booked) -> None:
    """A reminder on channels that are written to; after it, how it ended."""
    world, starts = talk.world, booked.starts
    site = world.sites[booked.place.slot.site_id]
    remind_at = starts - timedelta(hours=48)
    if talk.channel != "webchat" and talk.now < remind_at < world.end:
        talk.now = remind_at
        until = starts - service.movable_until if service.movable_until is not None else None
        short = talk.channel == "sms"
        told = reminder(booked.appointment, service, site, until=until, now=talk.now, short=short)
        talk.bot(told, wait=0, answers=False)
        if talk.chance.random() < 0.6:
            talk.passes(300, 9000)
            if not talk.is_over:
                talk.presses(told.buttons[0], "action_appointments")
                talk.bot(Reply(text=words.ATTENDANCE.format(appointment=_in_words(talk, service, booked))))
                booked.confirmed = True
    if booked.place.slot.ends > world.end:
        _keep(talk, booked, "da_erogare")
        return
    came = talk.chance.random() < (0.96 if booked.confirmed else 0.84)
    at = booked.place.slot.ends + timedelta(hours=3)
    if not came and talk.channel != "webchat" and at < world.end:
        talk.now = max(talk.now, at)
        told = missed(booked.appointment, service, site, now=talk.now, short=talk.channel == "sms")
        talk.bot(told, wait=0, answers=False)
    _keep(talk, booked, "erogato" if came else "non_presentato")


def _keep(
    talk: Talk, booked: Booked, state: State, *, moved_to: Booked | None = None, reason: CancelReason | None = None
) -> None:
    """The rows of an appointment as it is in the end."""
    made, slot = booked.appointment, booked.place.slot
    has_place = state in ("da_erogare", "erogato", "non_presentato")
    shared = {"desk_id": slot.desk_id, "service_id": slot.service_id, "mode": slot.mode}
    if has_place:
        during: Range[datetime] = Range(slot.starts, slot.ends)
        talk.world.rows.add(
            claims,
            id=made.id,
            lane=booked.place.lane,
            during=during,
            conversation_id=talk.id,
            expires_at=None,
            offered=False,
            created_at=made.created_at,
            **shared,
        )
    talk.world.rows.add(
        appointments,
        id=made.id,
        claim_id=made.id if has_place else None,
        code=made.code,
        state=state,
        site_id=slot.site_id,
        starts=slot.starts,
        ends=slot.ends,
        conversation_id=talk.id,
        moved_from=made.moved_from,
        moved_to=moved_to.appointment.id if moved_to else None,
        reason=reason,
        attendance_confirmed=booked.confirmed,
        missed_told=True,
        sample=True,
        citizen=sealed(booked.citizen),
        surname_fingerprints=name_fingerprints(booked.citizen.name),
        created_at=made.created_at,
        changed_at=min(max(talk.now, made.created_at), talk.world.end),
        **shared,
    )


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
