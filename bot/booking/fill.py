"""What a message settles of a booking: the service, the place, the mode, the day, one of the proposals, a yes or no."""

from bot.agenda.words import MODES
from bot.answers import appointments as words
from bot.answers.centres import OUTSIDE
from bot.answers.sentences import say
from bot.booking import cues, questions, where
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.reasons import topics_in
from bot.booking.state import State, slot_from_json
from bot.booking.when import choose_reading, hear_when
from bot.booking.wish import fits
from bot.clock import ROME
from bot.conversations.model import Reply
from bot.nlu.assent import says_no, says_yes

ANYTHING = ("altro", "non so", "boh", "non lo so", "informazioni", "generale", "primo colloquio", "qualsiasi")


def fill(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    """Take from a message whatever it settles. A `Turn` when it must be answered at once; else whether it settled anything."""
    if heard.is_button:
        return _press(desk, state, heard)
    changes = [
        _service(desk, state, heard),
        _where(desk, state, heard),
        _mode(desk, state, heard),
        _slot(state, heard) or hear_when(state, heard),
    ]
    for change in changes:
        if isinstance(change, Turn):
            return change
    if any(changes):
        return True
    return _yes_or_no(state, heard.text) or _by_name(state, heard.text)


def _press(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    values = heard.pressed
    if "service" in values and values["service"] in desk.services:
        _set_service(state, values["service"])
    elif "place" in values and values["place"] in desk.knowledge.by_municipality:
        _set_municipality(desk, state, values["place"])
    elif "mode" in values:
        service = desk.services.get(state.service or "")
        if service is None or values["mode"] not in service.modes:
            return False
        state.mode = next(mode for mode in service.modes if mode == values["mode"])
        state.drop_slot()
    elif "slot" in values:
        return _take_offer(state, values["slot"])
    elif "reading" in values:
        return choose_reading(state, values["reading"])
    elif "words" in values:
        return hear_when(state, heard)
    elif "others" in values:
        _show_others(state)
    elif "ring" in values:
        return _widen(desk, state, values["ring"])
    elif "wait" in values:
        state.waiting = True
        state.drop_slot()
    elif "consent" in values:
        return _consent(state, values["consent"] == "yes")
    elif "confirm" in values:
        return _confirm(state, values["confirm"] == "yes")
    elif "change" in values:
        _reopen(state, values["change"])
    else:
        # "given": name, contact or tax code were written; what is missing is asked next.
        return "given" in values
    return True


def _service(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    if state.service is not None and not (
        state.step == "service" or (cues.corrects(heard.text) and cues.named_field(heard.text) == "service")
    ):
        return False
    found = where.offering(desk, topics_in(heard.text) or heard.topics[:1]) or where.offering(desk, heard.topics)
    if len(found) > 1:
        state.step = "service"
        return going_on(state, questions.ask_service(found))
    if not found and state.step == "service" and any(word in heard.text.lower() for word in ANYTHING):
        found = list(desk.services.values())[:1]
    if not found or found[0].id == state.service:
        return False
    _set_service(state, found[0].id)
    return True


def _set_service(state: State, service_id: str) -> None:
    state.service = service_id
    state.mode = None
    state.drop_slot()


def _where(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    place = heard.place
    expected = state.step in (None, "where", "when", "slot", "mode", "service", "confirm", "change", "widen")
    if not expected:
        return False
    ring = cues.wider_ring(heard.text) if state.sites and state.step in ("slot", "widen", "when") else None
    if ring:
        return _widen(desk, state, ring)
    if place.outside and not place.municipality:
        return ended(Reply(text=say(OUTSIDE)))
    if heard.named_site in desk.sites:
        return _set_site(desk, state, heard.named_site or "")
    name = place.municipality or heard.named_municipality
    if name and name != state.municipality:
        _set_municipality(desk, state, name)
        return True
    if place.candidates and not state.sites:
        state.step = "where"
        return going_on(state, questions.ask_place(place.candidates))
    if state.step == "where" and not heard.sure and place.province:
        return going_on(state, Reply(text=f"{words.ASK_WHERE.split('?')[0]}?"))
    return False


def _set_municipality(desk: Desk, state: State, name: str) -> None:
    state.municipality, state.place, state.ring = name, name, "centre"
    state.sites = where.centres_of(desk, name)
    state.drop_slot()


def _set_site(desk: Desk, state: State, site_id: str) -> bool:
    if state.sites == [site_id]:
        return False
    state.municipality, state.place, state.ring = None, desk.sites[site_id].title, "centre"
    state.sites = [site_id]
    state.drop_slot()
    return True


def _widen(desk: Desk, state: State, ring: str) -> Turn | bool:
    known = next((one for one in where.RINGS if one == ring), None)
    if known is None or where.home_of(desk, state) is None:
        return False
    state.sites = where.sites_in(desk, state, known)
    state.ring = known
    state.waiting = False
    state.drop_slot()
    return True


def _mode(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    if state.step in ("name", "contact", "codice_fiscale", "consent", "reason"):
        return False
    named = cues.modes_of(heard.text)
    if not named or named == [state.mode]:
        return False
    service = desk.services.get(state.service or "")
    possible = [mode for mode in named if service is None or mode in service.modes]
    if not possible:
        assert service is not None
        state.step = "mode"
        offered = " o ".join(MODES[mode] for mode in service.modes)
        again = questions.ask_mode(service)
        return going_on(state, Reply(text=f"Per questo servizio si può solo {offered}.", buttons=again.buttons))
    state.mode = possible[0]
    state.drop_slot()
    return True


def _slot(state: State, heard: Heard) -> Turn | bool:
    """One of the proposals, named by order, hour or day."""
    if state.step != "slot" or not state.offers:
        return False
    reading = heard.when.reading
    if cues.wants_to_wait(heard.text):
        state.waiting = True
        state.drop_slot()
        return True
    if reading is not None:
        fitting = [
            index
            for index, one in enumerate(state.offers)
            if fits(reading, slot_from_json(one).starts.astimezone(ROME))
        ]
        if len(fitting) == 1 and not cues.wants_others(heard.text):
            return _take_offer(state, str(fitting[0]))
    index = cues.ordinal_of(heard.text, len(state.offers)) if not heard.when.readings or reading is None else None
    if index is not None:
        return _take_offer(state, str(index))
    if len(state.offers) == 1 and says_yes(heard.text):
        return _take_offer(state, "0")
    if cues.wants_next(heard.text) or (heard.when.none and (cues.wants_others(heard.text) or says_no(heard.text))):
        _show_others(state)
        return True
    return False


def _take_offer(state: State, index: str) -> bool:
    if not index.isdigit() or int(index) >= len(state.offers):
        return False
    state.slot = state.offers[int(index)]
    return True


def _show_others(state: State) -> None:
    last = max((one["starts"] for one in state.offers), default=None)
    state.drop_slot()
    state.shown_until = last


def _yes_or_no(state: State, text: str) -> Turn | bool:
    yes, no = says_yes(text), says_no(text)
    if cues.wants_to_wait(text) and state.step in ("widen", "when"):
        state.waiting = True
        return True
    if not (yes or no):
        return False
    if state.step == "consent":
        return _consent(state, yes)
    if state.step in ("confirm", "waiting"):
        return _confirm(state, yes)
    return False


def _by_name(state: State, text: str) -> bool:
    """ "ho sbagliato comune", "cambia il giorno": the field is asked again."""
    named = cues.named_field(text) if cues.corrects(text) or state.step == "change" else None
    if named:
        _reopen(state, named)
    return named is not None


def _reopen(state: State, field: str) -> None:
    if field == "service":
        state.service, state.mode = None, None
    elif field == "where":
        state.municipality, state.place, state.sites, state.ring = None, None, [], "centre"
    elif field == "mode":
        state.mode = None
    else:
        state.wish = None
    state.drop_slot()


def _consent(state: State, given: bool) -> Turn | bool:
    if given:
        state.consent = True
        return True
    return ended(Reply(text=say(words.CONSENT_REFUSED)), forget=True)


def _confirm(state: State, given: bool) -> Turn | bool:
    if given:
        state.step = "waiting" if state.waiting else "confirm"
        state.consent = True
        return Turn(state=state, replies=[], settle=True)
    state.step = "change"
    return going_on(state, questions.ask_change())
