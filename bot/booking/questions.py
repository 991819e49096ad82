"""The question of each step, with its buttons. Asking again says the same."""

from bot.agenda.model import CancelReason, Mode, Service
from bot.agenda.words import REASONS
from bot.answers import appointments as words
from bot.booking.desk import Desk
from bot.booking.state import State, slot_from_json
from bot.booking.where import in_words, next_ring
from bot.booking.wish import reading_from_json
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from bot.nlu.when.spoken import say as say_when

MAX_SERVICES = 8
STOP = Button(title="Annulla", payload=make_payload("choose", stop="yes"))
WAIT = Button(title="Lista d'attesa", payload=make_payload("choose", wait="yes"))
OTHERS = Button(title="Altri orari", payload=make_payload("choose", others="yes"))
WHEN_STARTS = (
    ("Il prima possibile", "il prima possibile"),
    ("La mattina", "di mattina"),
    ("Il pomeriggio", "di pomeriggio"),
)
CHANGES = (
    ("Il giorno", "when"),
    ("Il luogo", "where"),
    ("Il modo", "mode"),
    ("Il servizio", "service"),
    ("Il nome", "name"),
    ("Il contatto", "contact"),
)
RING_TITLES = {"province": "Altri centri vicini", "region": "Tutto il Piemonte"}


def choose(title: str, **values: str) -> Button:
    """A button that answers the question asked."""
    return Button(title=title, payload=make_payload("choose", **values))


def ask_service(state: State, services: list[Service]) -> Reply:
    """Which service, among those given."""
    state.options = [service.id for service in services[:MAX_SERVICES]]
    buttons = tuple(choose(service.title, service=service.id) for service in services[:MAX_SERVICES])
    return Reply(text=words.ASK_SERVICE, buttons=buttons)


def ask_place(state: State, candidates: tuple[str, ...]) -> Reply:
    """Which of several places."""
    state.options = list(candidates[:6])
    return Reply(
        text=words.WHICH_PLACE,
        buttons=tuple(choose(name, place=name) for name in candidates[:6]),
    )


def ask_mode(service: Service) -> Reply:
    """Video, telephone or in person."""
    return Reply(
        text=words.ASK_MODE, buttons=tuple(choose(words.MODE_TITLES[mode], mode=mode) for mode in service.modes)
    )


def ask_when(text: str = words.ASK_WHEN) -> Reply:
    """Day or part of day, free words."""
    return Reply(text=text, buttons=tuple(choose(title, words=said) for title, said in WHEN_STARTS))


def ask_which_reading(desk: Desk, state: State) -> Reply:
    """Which of the readings of a doubtful day or hour."""
    options = [say_when(reading_from_json(one), today=desk.today) for one in state.readings]
    return Reply(
        text=words.WHICH_WHEN.format(options=" oppure ".join(options)),
        buttons=tuple(choose(words.capital(said), reading=str(index)) for index, said in enumerate(options)),
    )


def offer(desk: Desk, state: State, text: str, *, late: bool) -> Reply:
    """The proposals on the table."""
    slots = [slot_from_json(one) for one in state.offers]
    several = len({slot.site_id for slot in slots}) > 1
    buttons = [
        choose(
            words.button_time(slot.starts) + (f" ({desk.sites[slot.site_id].municipality})" if several else ""),
            slot=str(index),
        )
        for index, slot in enumerate(slots)
    ]
    buttons.append(OTHERS)
    ring = next_ring(state.ring)
    if ring and state.flow == "book":
        buttons.append(choose(RING_TITLES[ring], ring=ring))
    if (late or state.pages > 1) and state.flow == "book":
        buttons.append(WAIT)
    return Reply(text=text, buttons=tuple(buttons))


def ask_widen(desk: Desk, state: State) -> Reply:
    """No place at all in this ring: look further, wait, or stop."""
    ring = next_ring(state.ring)
    none = "non ne ho altri nei prossimi giorni." if state.shown else "non vedo posti nei prossimi giorni."
    text = f"{words.capital(in_words(desk, state))} {none}"
    buttons = [WAIT, STOP]
    if ring:
        wider = in_words(desk, State(flow=state.flow, municipality=state.municipality, sites=state.sites, ring=ring))
        text += f" Vuoi che guardi {wider}? Oppure ti metto in lista d'attesa."
        buttons.insert(0, choose(f"Guarda {wider}", ring=ring))
    else:
        text += " Posso metterti in lista d'attesa: se si libera un posto ti scrivo."
    return Reply(text=text, buttons=tuple(buttons))


def ask_name() -> Reply:
    """Name and surname; the answer never reaches the dialogue."""
    return Reply(text=words.ASK_NAME, expects="name")


def ask_contact(mode: Mode | None) -> Reply:
    """Telephone or e-mail; a telephone where a call is the appointment."""
    return Reply(text=words.ASK_PHONE if mode == "phone" else words.ASK_CONTACT, expects="contact")


def ask_phone_instead() -> Reply:
    """An e-mail was given where a call is the appointment."""
    return Reply(text=words.PHONE_UNCLEAR, expects="contact")


def ask_tax_code() -> Reply:
    """The tax code, where a service needs it."""
    return Reply(text=words.ASK_TAX_CODE, expects="codice_fiscale")


def ask_surname() -> Reply:
    """The surname beside a code."""
    return Reply(text=words.ASK_SURNAME, expects="surname")


def ask_consent() -> Reply:
    """Age, residence and the use of data, in one yes."""
    return Reply(
        text=words.ASK_CONSENT,
        buttons=(choose("Accetto", consent="yes"), choose("Non accetto", consent="no")),
        links=(Link(title="Informativa privacy", url="/privacy"),),
    )


def ask_confirm(text: str) -> Reply:
    """The last yes."""
    return Reply(
        text=text,
        buttons=(choose("Confermo", confirm="yes"), choose("Cambia qualcosa", confirm="no"), STOP),
    )


def ask_change(state: State) -> Reply:
    """What to change: of a move, only when; name and contact once they were given."""
    of_move = state.flow != "book"
    fields = CHANGES[:1] if of_move else CHANGES if state.slot or state.waiting else CHANGES[:4]
    return Reply(text=words.WHAT_TO_CHANGE, buttons=(*(choose(title, change=field) for title, field in fields), STOP))


def ask_reason(appointment: str) -> Reply:
    """Why it is cancelled."""
    reasons: tuple[CancelReason, ...] = tuple(REASONS)
    return Reply(
        text=words.ASK_REASON.format(appointment=appointment),
        buttons=(*(choose(REASONS[one], reason=one) for one in reasons), choose("Non disdire", stop="yes")),
    )


def ask_cancel(appointment: str) -> Reply:
    """The last yes before cancelling."""
    return Reply(
        text=words.CONFIRM_CANCEL.format(appointment=appointment),
        buttons=(choose("Sì, disdico", confirm="yes"), choose("No, lo tengo", confirm="no")),
    )
