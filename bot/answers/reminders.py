"""Messages Sportello writes first: reminders, a place that freed up, an appointment nobody came to.

Each in two lengths: full, and for text messages one segment of the GSM alphabet with the buttons as numbers.
"""

from datetime import datetime, timedelta
from uuid import UUID

from bot.agenda.model import Appointment, Hold, Mode, Service, Site, is_sample
from bot.agenda.page_tokens import page_url
from bot.agenda.words import MODES, at_hour, moment_words, near_moment_words, short_moment
from bot.answers.appointments import SAMPLE, place_of
from bot.answers.gsm7 import SEGMENT, plain, septets, shortened
from bot.answers.sentences import say
from bot.clock import ROME
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from bot.nlu.when.spoken import day_in_words

SHORT_CHANNELS = frozenset({"sms"})
"""Channels where every character is paid for."""

LINK_TITLE = "Il tuo appuntamento"
REMINDER = "Ti ricordo il tuo appuntamento. È {when}: {service}. {place}"
ROOM = "Puoi entrare dalla tua pagina, da 10 minuti prima. Lì provi anche camera e microfono."
MOVE_BY = "Puoi spostare o disdire fino a {until}."
TOO_LATE = "Da qui non si può più spostare o disdire. Se non puoi venire, chiama il numero verde {freephone}."
FREED = "Si è liberato un posto per {service}. È {when}. {place} Lo vuoi? Lo tengo per te fino {until}."
MISSED = (
    "Ti aspettavamo {when}: {service}. Non ci siamo {met}, può capitare. Se ti serve ancora, cerchiamo un altro giorno."
)

SMS_NUMBERS = "1 confermo 2 sposto 3 disdico"
SMS_LATE = "1 confermo. Per disdire chiama {freephone}"


def reminder(
    appointment: Appointment,
    service: Service,
    site: Site,
    *,
    until: datetime | None,
    now: datetime,
    short: bool = False,
) -> Reply:
    """The reminder, with the buttons that still do something.

    `until`: until when the citizen may move or cancel; None when never. `short`: for a text message.
    """
    movable = until is not None and now <= until
    entities = {"appointment": str(appointment.id)}
    buttons = [Button(title="Confermo", payload=make_payload("confirm_attendance", **entities))]
    if movable:
        buttons.append(Button(title="Sposto", payload=make_payload("reschedule_appointment", **entities)))
        buttons.append(Button(title="Disdico", payload=make_payload("cancel_appointment", **entities)))
    if short:
        text = _short_reminder(appointment, service, site, until if movable else None)
        return Reply(text=text, buttons=tuple(buttons))
    today = now.astimezone(ROME).date()
    slot = appointment.slot
    parts = [
        REMINDER.format(
            service=service.title,
            when=near_moment_words(slot.starts, today=today),
            place=_place(site, slot.mode),
        )
    ]
    if slot.mode == "video":
        parts.append(ROOM)
    if until is not None and movable:
        parts.append(MOVE_BY.format(until=moment_words(until, today=today)))
    else:
        parts.append(say(TOO_LATE))
    if is_sample(appointment, service, site):
        parts.append(SAMPLE)
    link = Link(title=LINK_TITLE, url=page_url(appointment.id))
    return Reply(text=" ".join(parts), buttons=tuple(buttons), links=(link,))


def freed_place(
    offer_id: UUID, hold: Hold, service: Service, site: Site, *, now: datetime, short: bool = False
) -> Reply:
    """A place given up by somebody, held for one who waits."""
    entities = {"offer": str(offer_id)}
    buttons = (
        Button(title="Sì, lo prendo", payload=make_payload("accept_offer", **entities)),
        Button(title="No, grazie", payload=make_payload("decline_offer", **entities)),
    )
    slot, until = hold.slot, hold.expires_at
    if short:
        when, end = short_moment(slot.starts), short_moment(until)
        fixed = f"Posto libero {when}: {{}}{{}}. Rispondi entro {end}: 1 sì, lo prendo 2 no, grazie"
        return Reply(text=_filled(fixed, service.title, _short_place(site, slot.mode)), buttons=buttons)
    today = now.astimezone(ROME).date()
    text = FREED.format(
        service=service.title,
        when=near_moment_words(slot.starts, today=today),
        place=_place(site, slot.mode),
        until=_until(until, now),
    )
    return Reply(text=f"{text} {SAMPLE}" if service.sample else text, buttons=buttons)


def missed(appointment: Appointment, service: Service, site: Site, *, now: datetime, short: bool = False) -> Reply:
    """Kind words after an appointment nobody came to, and a way to a new one."""
    buttons = (Button(title="Prenota di nuovo", payload=make_payload("book_appointment", bookable=service.id)),)
    if short:
        fixed = (
            f"Non ci siamo visti {short_moment(appointment.slot.starts)}: {{}}{{}}. Può capitare. 1 prenota di nuovo"
        )
        return Reply(text=_filled(fixed, service.title, ""), buttons=buttons)
    when = near_moment_words(appointment.slot.starts, today=now.astimezone(ROME).date())
    met = "sentiti" if appointment.slot.mode == "phone" else "visti"
    return Reply(text=MISSED.format(when=when, service=service.title, met=met), buttons=buttons)


def _short_reminder(appointment: Appointment, service: Service, site: Site, until: datetime | None) -> str:
    slot = appointment.slot
    end = f"{SMS_NUMBERS} entro {short_moment(until)}" if until else say(SMS_LATE)
    fixed = f"Appuntamento {short_moment(slot.starts)}: {{}}{{}}. {appointment.code}. {end}"
    return _filled(fixed, service.title, _short_place(site, slot.mode))


def _short_place(site: Site, mode: Mode) -> str:
    return site.title if mode == "in_person" else MODES[mode]


def _filled(fixed: str, title: str, place: str) -> str:
    """One segment: the place whole if it fits beside some of the title, the title as long as there is room."""
    fixed = plain(fixed)
    room = SEGMENT - septets(fixed.replace("{}", ""))
    place = shortened(place, room * 2 // 3).rstrip(".")
    beside = f", {place}" if place else ""
    title = shortened(title, room - septets(beside)).rstrip(".")
    return fixed.format(title, beside)


def _until(until: datetime, now: datetime) -> str:
    """`alle 9:30` of today; `a domani alle 9`."""
    local, today = until.astimezone(ROME), now.astimezone(ROME).date()
    if local.date() == today:
        return at_hour(until)
    day = "domani" if local.date() == today + timedelta(days=1) else day_in_words(local.date(), today)
    return f"a {day} {at_hour(until)}"


def is_short(channel: str) -> bool:
    """Whether messages of this channel take the short form."""
    return channel in SHORT_CHANNELS


def _place(site: Site, mode: Mode) -> str:
    if mode == "in_person":
        return f"Dove: {place_of(site, mode)}."
    return "È in videochiamata." if mode == "video" else "È al telefono: ti chiamiamo noi."
