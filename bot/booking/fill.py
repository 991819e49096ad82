"""What a message settles of a booking: the service, the place, the mode, the day, one of the proposals, a yes or no."""

from dataclasses import replace

from bot.agenda.words import MODES
from bot.answers import appointments as words
from bot.answers.centres import OUTSIDE
from bot.answers.sentences import say
from bot.booking import cues, questions, where
from bot.booking.desk import Desk
from bot.booking.heard import Heard
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.proposals import hear_reading, hear_slot, show_others, take_offer
from bot.booking.reasons import corrected_topics, topics_in
from bot.booking.state import State
from bot.booking.when import choose_reading, hear_when
from bot.conversations.model import Reply
from bot.nlu.assent import plain_words, says_no, says_yes
from bot.nlu.when import read_when

PRIVATE = ("name", "contact", "codice_fiscale", "consent")
ANYTHING = ("altro", "non so", "boh", "non lo so", "informazioni", "generale", "primo colloquio", "qualsiasi")


def fill(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    """Take from a message whatever it settles. A `Turn` when it must be answered at once; else whether it settled anything."""
    if heard.is_button:
        return _press(desk, state, heard)
    changes = [
        _service(desk, state, heard),
        _where(desk, state, heard),
        _mode(desk, state, heard),
        hear_slot(desk, state, heard) or hear_reading(state, heard) or hear_when(state, heard),
    ]
    for change in changes:
        if isinstance(change, Turn):
            return change
    if any(changes):
        return True
    by_name = cues.corrects(heard.text) and _by_name(state, heard.text)
    return (
        by_name
        or _by_number(desk, state, heard)
        or _yes_or_no(state, heard.text)
        or _by_name(state, heard.text, any_mistake=True)
    )


def fill_other_than_when(desk: Desk, state: State, heard: Heard) -> Turn | None:
    """Place and mode said together with the wish to move. The place only as where to: people also say where they live."""
    moved = cues.moves_to_place(heard.text) and _where(desk, state, heard)
    mode = _mode(desk, state, heard)
    return next((one for one in (moved, mode) if isinstance(one, Turn)), None)


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
        return take_offer(state, values["slot"])
    elif "reading" in values:
        return choose_reading(state, values["reading"])
    elif "words" in values:
        return hear_when(state, heard)
    elif "others" in values:
        show_others(state)
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
    if state.service is not None and state.step != "service":
        return _other_service(desk, state, heard)
    found = where.offering(desk, topics_in(heard.text) or heard.topics[:1]) or where.offering(desk, heard.topics)
    if len(found) > 1:
        state.step = "service"
        return going_on(state, questions.ask_service(state, found))
    if not found and state.step == "service" and any(word in heard.text.lower() for word in ANYTHING):
        found = list(desk.services.values())[:1]
    if not found or found[0].id == state.service:
        return False
    _set_service(state, found[0].id)
    return True


def _other_service(desk: Desk, state: State, heard: Heard) -> bool:
    """A service put right: named as such, or in so few words that they can be about nothing else."""
    if not cues.corrects(heard.text):
        return False
    short = len(heard.text.split()) <= 10 and heard.when.none and not heard.place.mentions
    if cues.named_field(heard.text) != "service" and not short:
        return False
    found = where.offering(desk, corrected_topics(heard.text))
    if len(found) != 1 or found[0].id == state.service:
        return False
    _set_service(state, found[0].id)
    return True


def _set_service(state: State, service_id: str) -> None:
    state.service = service_id
    state.options = []
    state.drop_slot()


def _where(desk: Desk, state: State, heard: Heard) -> Turn | bool:
    place = heard.place
    expected = state.step in (None, "where", "when", "slot", "mode", "service", "confirm", "change", "widen")
    lives_outside = (place.outside and not place.municipality) or cues.denies_piedmont(heard.text)
    if lives_outside and state.flow == "book":
        return ended(Reply(text=say(OUTSIDE)), forget=state.step in PRIVATE)
    if not (expected or cues.corrects(heard.text)):
        return False
    if state.step == "where" and state.options and not heard.place.municipality:
        picked = _picked(state.options, heard.text)
        if picked:
            _set_municipality(desk, state, picked)
            return True
    ring = cues.wider_ring(heard.text) if state.sites and state.step in ("slot", "widen", "when") else None
    if ring:
        return _widen(desk, state, ring)
    if heard.named_site in desk.sites:
        return _set_site(desk, state, heard.named_site or "")
    name = place.municipality or heard.named_municipality
    if name and (name != state.municipality or state.ring != "centre"):
        _set_municipality(desk, state, name)
        return True
    if place.candidates and not state.sites:
        state.step = "where"
        return going_on(state, questions.ask_place(state, place.candidates))
    if state.step == "where" and not heard.sure and place.province:
        return going_on(state, Reply(text=f"{words.ASK_WHERE.split('?')[0]}?"))
    return False


def _picked(options: list[str], text: str) -> str | None:
    """The place meant among those asked about: by its order or by a word of its name that the others have not."""
    index = cues.ordinal_of(text, len(options))
    if index is not None:
        return options[index]
    said = {word for word in plain_words(text).split() if len(word) > 3}
    meant = [one for one in options if said & set(plain_words(one).split())]
    return meant[0] if len(meant) == 1 else None


def start_from_home(desk: Desk, state: State, home: str | None) -> bool:
    """Look near where they said they live, unless they name a place for this; whether it is so."""
    if home is None or home not in desk.knowledge.by_municipality or state.sites or state.municipality:
        return False
    _set_municipality(desk, state, home)
    return True


def _set_municipality(desk: Desk, state: State, name: str) -> None:
    state.municipality, state.place, state.ring, state.options = name, name, "centre", []
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
    if state.step == "reason" or (state.step in PRIVATE and not cues.corrects(heard.text)):
        return False
    named, refused = cues.modes_of(heard.text), cues.refused_modes(heard.text)
    service = desk.services.get(state.service or "")
    if state.step == "contact" and named == ["phone"]:
        # "meglio per telefono": how to be told, not how to meet.
        return False
    if not named and service and refused and (state.step == "mode" or state.mode in refused):
        left = [mode for mode in service.modes if mode not in refused]
        named = left if len(left) == 1 else []
        if not named and state.mode in refused:
            state.mode = None
            state.drop_slot()
            return True
    # "da video a di persona": the other one.
    named = [mode for mode in named if mode != state.mode]
    if not named:
        return False
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


def _by_number(desk: Desk, state: State, heard: Heard) -> bool:
    """ "2": the second of what was shown, for people who answer as in a text message."""
    if state.step == "service" and heard.when.none:
        index = cues.ordinal_of(heard.text, len(state.options))
        if index is not None:
            _set_service(state, state.options[index])
        return index is not None
    if state.step == "mode" and state.service in desk.services:
        modes = desk.services[state.service].modes
        index = cues.ordinal_of(heard.text, len(modes))
        if index is None and cues.no_preference(heard.text):
            index = 0
        if index is not None:
            state.mode = modes[index]
        return index is not None
    if state.step == "when" and not state.readings and state.wish is None:
        index = cues.ordinal_of(heard.text, len(questions.WHEN_STARTS))
        if index is not None and heard.when.none:
            said = read_when(questions.WHEN_STARTS[index][1], now=desk.now)
            return hear_when(state, replace(heard, when=said))
    return False


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


def _by_name(state: State, text: str, *, any_mistake: bool = False) -> Turn | bool:
    """ "ho sbagliato comune", "cambia il giorno": the field is asked again."""
    named = cues.named_field(text) if cues.corrects(text) or state.step == "change" else None
    if named:
        _reopen(state, named)
        return True
    if any_mistake and cues.tells_mistake(text) and state.service and state.sites:
        state.step = "change"
        return going_on(state, questions.ask_change(state))
    return False


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
    if state.flow == "move":
        # Only the day can be meant.
        _reopen(state, "when")
        return True
    state.step = "change"
    return going_on(state, questions.ask_change(state))
