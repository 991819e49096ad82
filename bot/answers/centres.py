"""Answers about centres and places. What is nearest is called nearest, never competent; unknown is said to be unknown."""

import re
from datetime import date
from typing import cast
from urllib.parse import quote_plus

from bot.answers.sentences import say
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from bot.knowledge import Knowledge
from bot.knowledge.dates import in_words, is_stale
from bot.knowledge.model import PROVINCE_NAMES, Centre, Municipality, Province
from bot.knowledge.nearest import nearest_confirmed
from bot.settings import get_settings

CALL = "Chiedi conferma al numero verde {freephone}."
CALL_FIRST = "Prima di andare chiama il numero verde {freephone}."
CALL_FOR_MORE = "Per altre informazioni c'è il numero verde {freephone}."
ASK_PLACE = "In quale comune abiti? Scrivimi solo il nome."
WHICH_PLACE = "Ci sono più posti con questo nome. Quale dici?"
WHICH_IN_PROVINCE = "In provincia di {province} i centri sono più di uno. Scrivimi il comune in cui abiti."
OUTSIDE = (
    "Noi seguiamo solo chi vive in Piemonte. Rivolgiti al Centro per l'impiego della tua regione. "
    "Se vuoi venire a vivere in Piemonte, chiama il numero verde {freephone}."
)
NO_HOURS = (
    "Non ho orari sicuri dei centri, neanche per il sabato. Prima di andare chiama il numero verde {freephone}. "
    "Se mi scrivi il tuo comune, ti dico qual è il centro più vicino."
)
HOURS_UNKNOWN = (
    "{name}: non conosco gli orari, neanche per il sabato. Prima di andare chiama il numero verde {freephone}."
)
GENERAL_CONTACTS = (
    "Il numero verde è {freephone}: vale per tutti i centri e serve anche per gli appuntamenti. "
    "Il sito dell'Agenzia è agenziapiemontelavoro.it. Se mi scrivi il tuo comune, cerco i recapiti del centro."
)
NOT_A_DESK = (
    "«{name}» non è uno sportello. Rivolgiti al Centro per l'impiego di {place} o chiama il numero verde {freephone}."
)
MAX_CHOICES = 6


def centre_for_municipality(knowledge: Knowledge, name: str, *, today: date) -> Reply:
    """Which centre to go to from a municipality: a site there, else the one reported, else the nearest, so called."""
    here = [centre for centre in knowledge.centres.values() if centre.municipality == name and centre.kind == "cpi"]
    open_here = [centre for centre in here if centre.is_job_centre]
    if len(open_here) > 1:
        return _several_here(open_here, name)
    if open_here:
        return describe(open_here[0], today=today, place=name)
    if here:
        return _unconfirmed_here(knowledge, here[0], knowledge.by_municipality[name])
    return _elsewhere(knowledge, knowledge.by_municipality[name])


def describe(centre: Centre, *, today: date, place: str | None = None) -> Reply:
    """One centre or site: where it is, how old that is, whether it moves, whether it is open at all."""
    if centre.status == "announced":
        return _announced(centre)
    if centre.existence == "unconfirmed":
        return Reply(text=say("Di «{name}» conosco solo il nome, senza conferme. " + CALL, name=_plain(centre)))
    if centre.kind == "network":
        return Reply(text=say(NOT_A_DESK, name=_plain(centre), place=centre.municipality))
    lines = [f"{_plain(centre)}. {_address(centre)}"]
    if centre.planned_move and centre.planned_move.address:
        lines.append(f"È annunciato un trasferimento in {centre.planned_move.address}.")
    if centre.phone:
        lines.append(f"Il telefono è {centre.phone}.")
    max_age = get_settings().knowledge_max_age_days
    stale = is_stale(centre.as_of, today=today, max_age_days=max_age, review_by=centre.review_by)
    doubtful = not centre.address or centre.planned_move or stale
    lines.append(say(CALL_FIRST if doubtful else CALL_FOR_MORE))
    return Reply(text=" ".join(lines), buttons=_buttons(place or centre.municipality), links=_links(centre))


def knows_hours(centre: Centre) -> bool:
    """Whether anything is known of when a centre is open."""
    return any(line.note for line in centre.opening_hours or ())


def hours(centre: Centre) -> Reply:
    """The opening hours of a centre as far as they are known."""
    known = [line for line in centre.opening_hours or () if line.note]
    if not known:
        return Reply(text=say(HOURS_UNKNOWN, name=centre.name))
    return Reply(text=f"{centre.name}: {known[0].note} " + say("Per prenotare chiama il numero verde {freephone}."))


def contacts(centre: Centre) -> Reply:
    """Telephone, e-mail and PEC of a centre; what is unknown is said to be unknown."""
    found = [f"telefono {centre.phone}" if centre.phone else "", f"PEC {centre.pec}" if centre.pec else ""]
    if centre.email and not centre.email_use:
        found.insert(1, f"e-mail {centre.email}")
    listed = ", ".join(filter(None, found))
    if not listed:
        return Reply(
            text=f"{centre.name}: non conosco il telefono diretto. "
            + say("Chiama il numero verde {freephone}, che vale per tutti i centri.")
        )
    age = f" (dato del {in_words(centre.as_of)})" if centre.as_of else ""
    return Reply(
        text=f"{centre.name}: {listed}{age}. " + say("Se non risponde nessuno, chiama il numero verde {freephone}.")
    )


def which_place(candidates: tuple[str, ...]) -> Reply:
    """Ask which of several municipalities is meant."""
    buttons = tuple(
        Button(title=name, payload=make_payload("choose_place", place=name)) for name in candidates[:MAX_CHOICES]
    )
    text = WHICH_PLACE if len(candidates) <= MAX_CHOICES else f"{WHICH_PLACE} Scrivimi anche la provincia."
    return Reply(text=text, buttons=buttons)


def which_in_province(province: str) -> Reply:
    """Ask for the municipality when only the province was said."""
    return Reply(text=WHICH_IN_PROVINCE.format(province=PROVINCE_NAMES[cast(Province, province)]))


def centres_near(knowledge: Knowledge, name: str) -> list[Centre]:
    """The centres to speak of for a municipality: those there, else the reported one, else the nearest confirmed."""
    here = [c for c in knowledge.centres.values() if c.municipality == name and c.is_job_centre]
    if here:
        return here
    municipality = knowledge.by_municipality[name]
    if municipality.basis == "reported":
        return [knowledge.centres[centre_id] for centre_id in municipality.cpi_ids]
    return [nearest_confirmed(knowledge, municipality)[0]]


def _several_here(centres: list[Centre], name: str) -> Reply:
    lines = [f"A {name} ci sono più centri."]
    lines += [f"{_plain(centre)}. {_address(centre)}" for centre in centres]
    lines.append(say("Non so quale segue la tua zona: chiedilo al numero verde {freephone}."))
    return Reply(text="\n".join(lines), buttons=_buttons(name))


def _elsewhere(knowledge: Knowledge, municipality: Municipality) -> Reply:
    name = municipality.name
    if municipality.basis == "reported":
        centre = knowledge.centres[municipality.cpi_ids[0]]
        known = (
            f"Per {name} risulta il {_plain(centre)}. {_address(centre)} Lo dice la stampa, non un elenco ufficiale."
        )
    else:
        centre, distance = nearest_confirmed(knowledge, municipality)
        known = (
            f"Il centro più vicino a {name}, fra quelli di cui ho conferme, è il {_plain(centre)}: circa {round(distance)} km "
            f"in linea d'aria. {_address(centre)} Non so se è quello competente per {name}."
        )
    return Reply(text=f"{known} {say(CALL)}", buttons=_buttons(name), links=_links(centre))


def _unconfirmed_here(knowledge: Knowledge, centre: Centre, municipality: Municipality) -> Reply:
    text = f"A {municipality.name} dovrebbe esserci un ufficio, ma non ho conferme e non so dov'è."
    nearest = knowledge.centres[centre.parent_id or municipality.nearest_cpi_ids[0]]
    if nearest.is_job_centre:
        text += f" Dipende dal {_plain(nearest)}. {_address(nearest)}"
    return Reply(text=f"{text} {say(CALL_FIRST)}", buttons=_buttons(municipality.name))


def _announced(centre: Centre) -> Reply:
    where = f" in {centre.address}" if centre.address else ""
    return Reply(
        text=f"«{centre.name}» è una sede annunciata{where}. Non ho una fonte che dica che è aperta: "
        f"l'ultima è del {in_words(centre.as_of or '')}. Oggi a Torino ci sono Torino Nord e Torino Sud. {say(CALL_FIRST)}",
        buttons=(Button(title="Centri di Torino", payload=make_payload("choose_place", place="Torino")),),
    )


def _address(centre: Centre) -> str:
    """One sentence about a centre just named: where it is and of when that is, or that it is not known."""
    if not centre.address:
        return "Non ne conosco l'indirizzo."
    dated = f" (dato del {in_words(centre.as_of)})" if centre.as_of else ""
    return f"È in {centre.address}, {centre.municipality}{dated}."


def _plain(centre: Centre) -> str:
    """The name without what stands in brackets."""
    return re.sub(r"\s*\(.*\)", "", centre.name)


def _buttons(place: str) -> tuple[Button, ...]:
    return (
        Button(title="Orari", payload=make_payload("centre_hours", place=place)),
        Button(title="Telefono, e-mail", payload=make_payload("centre_contacts", place=place)),
        Button(title="Prenota un appuntamento", payload=make_payload("book_appointment")),
    )


def _links(centre: Centre) -> tuple[Link, ...]:
    if not centre.address:
        return ()
    street = re.sub(r"\s*\(.*\)", "", centre.address)
    query = quote_plus(f"{street}, {centre.municipality}")
    return (Link(title="Apri la mappa", url=f"https://www.openstreetmap.org/search?query={query}"),)
