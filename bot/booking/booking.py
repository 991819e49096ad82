"""Booking a place: what is still to be asked, the search, the hold, and the last yes."""

from uuid import UUID

from bot.agenda.model import NotBookableError, Slot, SlotTakenError
from bot.agenda.words import MODES, moment_words
from bot.answers import appointments as words
from bot.booking import questions, where
from bot.booking.desk import Desk
from bot.booking.lacking import note_lack, note_no_agenda
from bot.booking.news import change_buttons, good_news, in_words
from bot.booking.outcome import Turn, ended, going_on
from bot.booking.search import look, query_of
from bot.booking.state import State, slot_as_json, slot_from_json
from bot.booking.when import settle_doubt
from bot.booking.wish import bounds_of, reading_from_json
from bot.conversations.model import Reply
from bot.nlu.when.spoken import say as say_when


async def advance(desk: Desk, state: State, *, lead: str = "") -> Turn:
    """Ask for what is missing, search, hold; when nothing is missing, sum up and ask for the last yes."""
    asked = await missing(desk, state)
    if asked is None:
        asked = await _private(desk, state)
    if asked is None:
        asked = await _sum_up(desk, state)
    text = "\n".join(part for part in (lead, asked.text) if part)
    return going_on(state, Reply(text=text, buttons=asked.buttons, links=asked.links, expects=asked.expects))


async def missing(desk: Desk, state: State) -> Reply | None:
    """The question for what is not settled yet, up to a place being held; None when one is."""
    if state.slot is None and state.hold:
        # What this person held is free for them too.
        await desk.book.release(UUID(state.hold))
        state.hold = None
    if state.service not in desk.services:
        state.step = "service"
        return questions.ask_service(state, list(desk.services.values()))
    if not state.sites:
        state.step = "where"
        if state.municipality:
            # Its centre gives no appointments here: the province is offered, not taken.
            note_no_agenda(desk, state)
            state.step = "widen"
            return questions.ask_widen(desk, state)
        return Reply(text=words.ASK_WHERE)
    service = desk.services[state.service]
    if state.mode not in service.modes:
        state.mode = None
    if state.mode is None:
        if len(service.modes) > 1:
            state.step = "mode"
            return questions.ask_mode(service)
        state.mode = service.modes[0]
    settle_doubt(desk, state)
    if state.readings:
        state.step = "when"
        return questions.ask_which_reading(desk, state)
    if state.waiting:
        return None
    if state.wish is None:
        state.step = "when"
        near = where.which_centre(desk, state)
        return questions.ask_when(f"{near} {words.ASK_WHEN}".strip())
    return await _find(desk, state)


async def _find(desk: Desk, state: State, lead: str = "") -> Reply | None:
    if state.slot is None:
        found = await look(desk, state)
        await note_lack(desk, state, found)
        if found.outcome == "nothing":
            state.step = "widen"
            asked = questions.ask_widen(desk, state)
            return Reply(text=" ".join(filter(None, (lead, found.why, asked.text))), buttons=asked.buttons)
        if found.outcome == "exact":
            state.slot = slot_as_json(found.slots[0])
        else:
            return _propose(
                desk,
                state,
                found.slots,
                lead=lead or found.why,
                late=found.is_late(reading_from_json(state.wish or {}), desk.now),
                fitting=found.outcome == "fitting",
            )
    try:
        hold = await desk.book.hold(desk.conversation_id, slot_from_json(state.slot), now=desk.now)
    except (SlotTakenError, NotBookableError):
        state.slot, state.hold = None, None
        return await _find(desk, state, lead=words.TAKEN)
    state.hold = str(hold.id)
    return None


def _propose(desk: Desk, state: State, slots: list[Slot], *, lead: str, late: bool, fitting: bool) -> Reply:
    state.step, state.offers = "slot", [slot_as_json(slot) for slot in slots]
    said = say_when(reading_from_json(state.wish or {}), today=desk.today)
    place = where.in_words(desk, state)
    have = "ho questi posti. Quale preferisci?" if len(slots) > 1 else "ho questo posto. Va bene?"
    if lead == words.TAKEN:
        text = lead
    elif lead:
        text = f"{lead} {'I posti più vicini' if len(slots) > 1 else 'Il posto più vicino'}, {place}:"
    elif state.shown:
        text = f"Altri posti, {place}:" if len(slots) > 1 else f"Un altro posto, {place}:"
    elif fitting and said:
        text = f"{words.capital(said)}, {place}: {have}"
    else:
        text = f"{words.capital(place)} {have}"
    if state.pages > 1 and state.flow == "book":
        text = f"{text.removesuffix(':')}{'.' if text.endswith(':') else ''} {words.OTHER_WAYS}"
    return questions.offer(desk, state, text, late=late)


async def _private(desk: Desk, state: State) -> Reply | None:
    given = await desk.private.kinds()
    if "name" not in given:
        state.step = "name"
        return _said_back(desk, state, questions.ask_name())
    if "contact" not in given or (state.mode == "phone" and not await desk.private.has_phone()):
        if state.step == "contact" and "contact" in given:
            return questions.ask_phone_instead()
        state.step = "contact"
        return questions.ask_contact(state.mode)
    if desk.services[state.service or ""].needs_codice_fiscale and "codice_fiscale" not in given:
        state.step = "codice_fiscale"
        return questions.ask_tax_code()
    if not state.consent:
        state.step = "consent"
        return questions.ask_consent()
    return None


def _said_back(desk: Desk, state: State, asked: Reply) -> Reply:
    """The place being kept, said in words before anything personal is asked."""
    if state.slot is None or state.step != "name":
        return asked
    slot = slot_from_json(state.slot)
    site = desk.sites[slot.site_id]
    what = desk.services[slot.service_id].title
    kept = f"Tengo per te {moment_words(slot.starts, today=desk.today)}, {MODES[slot.mode]}, {site.title}: {what}."
    return Reply(text=f"{kept} {asked.text}", expects=asked.expects)


async def _sum_up(desk: Desk, state: State) -> Reply:
    service = desk.services[state.service or ""]
    if state.waiting:
        state.step = "waiting"
        wish = say_when(reading_from_json(state.wish or {}), today=desk.today)
        text = f"Ti metto in lista d'attesa: {service.title}, {where.in_words(desk, state)}" + (
            f", {wish}" if wish else ""
        )
        return questions.ask_confirm(f"{text}. Se si libera un posto ti scrivo e hai la precedenza. Confermi?")
    state.step = "confirm"
    slot = slot_from_json(state.slot or {})
    site = desk.sites[slot.site_id]
    text = words.summary(service, site, slot.mode, slot.starts, today=desk.today, sample=site.sample or service.sample)
    return questions.ask_confirm(text)


async def settle(desk: Desk, state: State) -> Turn:
    """The yes was given: book, or join the waiting list."""
    citizen = await desk.private.citizen()
    service = desk.services[state.service or ""]
    if state.waiting:
        bounds = bounds_of(reading_from_json(state.wish or {}))
        await desk.book.join_waiting_list(desk.conversation_id, query_of(desk, state, bounds), citizen, now=desk.now)
        return ended(Reply(text=words.ON_LIST.format(service=service.title, places=where.in_words(desk, state))))
    if state.hold is None:
        return await advance(desk, state)
    try:
        appointment = await desk.book.confirm(UUID(state.hold), citizen, now=desk.now)
    except SlotTakenError:
        state.drop_slot()
        state.hold = None
        return await advance(desk, state, lead=words.TAKEN)
    except NotBookableError as refusal:
        return await _refused(desk, state, refusal)
    return ended(await good_news(desk, appointment))


async def _refused(desk: Desk, state: State, refusal: NotBookableError) -> Turn:
    if refusal.rule != "already_booked":
        state.drop_slot()
        state.hold = None
        return await advance(desk, state, lead="Quel posto non si può prenotare.")
    twice = await already_booked(desk, state)
    if twice is not None:
        return twice
    mine = await desk.book.of_conversation(desk.conversation_id, now=desk.now)
    state.drop_slot()
    lead = words.OVERLAPS.format(appointment=in_words(desk, mine[0])) if mine else ""
    return await advance(desk, state, lead=lead)


async def already_booked(desk: Desk, state: State) -> Turn | None:
    """The appointment this conversation has for the same service, if any: one at a time, said as soon as it is known."""
    if state.service is None or state.waiting:
        return None
    mine = await desk.book.of_conversation(desk.conversation_id, now=desk.now)
    same = next((one for one in mine if one.slot.service_id == state.service), None)
    if same is None:
        return None
    return ended(
        Reply(text=words.ALREADY_BOOKED.format(appointment=in_words(desk, same)), buttons=change_buttons(same))
    )
