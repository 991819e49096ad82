"""What the citizen is told of an appointment that an operator booked, moved or cancelled. Full, and short for text messages."""

from collections.abc import Sequence
from datetime import datetime

from bot.agenda.model import Appointment, Service, Site, Slot, is_sample
from bot.agenda.notices import Notice
from bot.agenda.page_tokens import page_url
from bot.agenda.slot_values import value_of
from bot.agenda.words import MODES, near_moment_words, short_moment
from bot.answers.appointments import SAMPLE, button_time, place_of
from bot.answers.gsm7 import plain
from bot.answers.reminders import LINK_TITLE
from bot.clock import ROME
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload

CANCELLED = "Mi dispiace, dobbiamo disdire il tuo appuntamento. Era {when}: {service}."
WHY = "Il motivo: {reason}."
PROPOSALS = "Vuoi uno di questi posti? Sono allo stesso centro."
BOOK_AGAIN = "Se ti serve ancora, prenota un altro giorno."
ON_REQUEST = "Come hai chiesto, abbiamo disdetto il tuo appuntamento. Era {when}: {service}."
MOVED = (
    "Abbiamo spostato il tuo appuntamento. Prima era {before}. Ora è {when}: {service}. {place} Il codice resta {code}."
)
BOOKED = "Il tuo appuntamento è prenotato. È {when}: {service}. {place} Il tuo codice è {code}."
CHANGE = "Per spostarlo o disdirlo apri la sua pagina, oppure scrivimi qui."

SHORT_CANCELLED = "Appuntamento {when} disdetto da noi: {service}. Scusaci."
SHORT_ON_REQUEST = "Appuntamento {when} disdetto come hai chiesto: {service}."
SHORT_MOVED = "Appuntamento spostato a {when}, {place}. Codice {code}. Per cambiarlo scrivi «sposta» o «disdici»."
SHORT_BOOKED = "Appuntamento {when}, {place}. Codice {code}. Per cambiarlo scrivi «sposta» o «disdici»."


def told(
    notice: Notice,
    service: Service,
    site: Site,
    *,
    proposals: Sequence[Slot],
    now: datetime,
    short: bool = False,
) -> Reply:
    """The message for a notice. `proposals`: free places to offer instead of a cancelled one."""
    if notice.kind in ("cancelled", "cancelled_on_request"):
        return _cancelled(notice, service, site, proposals=proposals, now=now, short=short)
    appointment, today = notice.appointment, now.astimezone(ROME).date()
    slot = appointment.slot
    link = Link(title=LINK_TITLE, url=page_url(appointment.id))
    if short:
        words = SHORT_MOVED if notice.kind == "moved" else SHORT_BOOKED
        place = site.title if slot.mode == "in_person" else MODES[slot.mode]
        return Reply(text=plain(words.format(when=short_moment(slot.starts), place=place, code=appointment.code)))
    known = {
        "when": near_moment_words(slot.starts, today=today),
        "service": service.title,
        "place": _place(site, slot),
        "code": appointment.code,
    }
    if notice.kind == "moved" and notice.before is not None:
        text = MOVED.format(before=near_moment_words(notice.before.slot.starts, today=today), **known)
    else:
        text = BOOKED.format(**known)
    return Reply(text=_marked(f"{text} {CHANGE}", appointment, service, site), links=(link,))


def _cancelled(
    notice: Notice, service: Service, site: Site, *, proposals: Sequence[Slot], now: datetime, short: bool
) -> Reply:
    slot, asked = notice.appointment.slot, notice.kind == "cancelled_on_request"
    again = Button(
        title="Altri giorni" if proposals else "Prenota di nuovo",
        payload=make_payload("book_appointment", bookable=service.id),
    )
    offered = (
        Button(
            title=button_time(one.starts),
            payload=make_payload("book_appointment", bookable=service.id, slot=value_of(one)),
        )
        for one in proposals
    )
    buttons = (*offered, again)
    if short:
        words = SHORT_ON_REQUEST if asked else SHORT_CANCELLED
        return Reply(text=plain(words.format(when=short_moment(slot.starts), service=service.title)), buttons=buttons)
    when = near_moment_words(slot.starts, today=now.astimezone(ROME).date())
    parts = [(ON_REQUEST if asked else CANCELLED).format(when=when, service=service.title)]
    if notice.reason and not asked:
        parts.append(WHY.format(reason=notice.reason.rstrip(".")))
    parts.append(PROPOSALS if proposals else BOOK_AGAIN)
    return Reply(text=_marked(" ".join(parts), notice.appointment, service, site), buttons=buttons)


def _marked(text: str, appointment: Appointment, service: Service, site: Site) -> str:
    return f"{text} {SAMPLE}" if is_sample(appointment, service, site) else text


def _place(site: Site, slot: Slot) -> str:
    if slot.mode == "in_person":
        return f"Dove: {place_of(site, slot.mode)}."
    return "È in videochiamata." if slot.mode == "video" else "È al telefono: ti chiamiamo noi."
