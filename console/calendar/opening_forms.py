"""Forms that change when desks receive, read into changes of the agenda. What is wrong with a form is said in Italian."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from bot.agenda.calendar import WeeklyHours
from bot.agenda.opening import Change, add_exception, add_hours, change_desk, end_hours, remove_exception
from bot.agenda.words import MODES
from console.calendar.chosen import Chosen, read_day
from console.calendar.words import long_day
from console.harmless import harmless
from console.operators import Operator

EVERYWHERE, WHOLE_SITE = "tutti", "centro"
MOST_WORDS = 120


class FormError(Exception):
    """Something is wrong with the form. `field`: where."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change to make. `site_ids` None: of every site. `told`: the reason as those who are cancelled read it."""

    change: Change
    what: str  # for the audit log and for the question
    site_ids: tuple[str, ...] | None
    days: tuple[date, date] | None = None
    told: str = ""


def read_plan(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    """The change a form asks for. Raises `FormError`."""
    readers = {
        "chiudi": _closure,
        "apri": _opening,
        "togli": _removal,
        "settimana": _weekly,
        "termina": _ended,
        "sportello": _desk,
    }
    reader = readers.get(str(form.get("azione", "")))
    if reader is None or chosen.site is None:
        raise FormError("Non ho capito che cosa fare. Riprova.", "contenuto")
    return reader(form, chosen, operator)


def _closure(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    assert chosen.site is not None
    scope = str(form.get("chi", ""))
    first, last = _days(form, "chiudi", chosen)
    opens, closes = _hours(form, "chiudi", needed=False)
    reason = _reason(form, "chiudi")
    values = {"first_day": first, "last_day": last, "closed": True, "opens": opens, "closes": closes, "reason": reason}
    if scope == EVERYWHERE:
        if not operator.has("amministratore"):
            raise FormError("Tutti i centri li può chiudere solo chi amministra.", "chiudi-chi")
        site_ids, what = None, "tutti i centri"
    elif scope == WHOLE_SITE:
        values["site_id"], site_ids, what = chosen.site.id, (chosen.site.id,), chosen.site.title
    else:
        desk_id = _desk_id(form, "chi", chosen, "chiudi-chi")
        values["desk_id"], site_ids, what = desk_id, (chosen.site.id,), chosen.desks[desk_id].title
    when = long_day(first) if first == last else f"dal {long_day(first)} al {long_day(last)}"
    part = f", dalle {form.get('dalle')} alle {form.get('alle')}" if opens else ""
    return Plan(
        change=add_exception(**values),
        what=f"Chiudere {what}, {when}{part}",
        site_ids=site_ids,
        days=(first, last),
        told=reason,
    )


def _opening(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    desk_id = _desk_id(form, "sportello", chosen, "apri-sportello")
    first, last = _days(form, "apri", chosen)
    opens, closes = _hours(form, "apri", needed=True)
    places, minutes = _places(form, "apri")
    change = add_exception(
        desk_id=desk_id,
        first_day=first,
        last_day=last,
        closed=False,
        opens=opens,
        closes=closes,
        places=places,
        slot_minutes=minutes,
        reason=_words(form.get("motivo", "")),
    )
    return Plan(change=change, what=f"Aprire {chosen.desks[desk_id].title}", site_ids=_site(chosen), days=(first, last))


def _removal(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    number = _number(form.get("eccezione"))
    return Plan(change=remove_exception(number), what="Togliere un'apertura o una chiusura", site_ids=_site(chosen))


def _weekly(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    desk_id = _desk_id(form, "sportello", chosen, "settimana-sportello")
    days = sorted({int(one) for one in _all(form, "giorni") if one in "0123456" and one})
    if not days:
        raise FormError("Scegli almeno un giorno della settimana.", "settimana-giorno-0")
    opens, closes = _hours(form, "settimana", needed=True)
    assert opens is not None and closes is not None
    places, minutes = _places(form, "settimana")
    first, last = read_day(str(form.get("dal", ""))), read_day(str(form.get("al", "")))
    if first and last and last < first:
        raise FormError("L'ultimo giorno viene prima del primo.", "settimana-al")
    lines = [
        WeeklyHours(
            weekday=day,
            opens=opens,
            closes=closes,
            slot_minutes=minutes,
            places=places,
            valid_from=first,
            valid_to=last,
        )
        for day in days
    ]
    change = add_hours(desk_id, lines)
    return Plan(change=change, what=f"Nuovo orario di {chosen.desks[desk_id].title}", site_ids=_site(chosen))


def _ended(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    number = _number(form.get("orario"))
    last = read_day(str(form.get("ultimo", "")))
    if last is None or last < chosen.now.date():
        raise FormError("Scrivi l'ultimo giorno in cui vale, da oggi in poi.", f"ultimo-{number}")
    return Plan(change=end_hours(number, last), what=f"Orario che finisce {long_day(last)}", site_ids=_site(chosen))


def _desk(form: Mapping[str, Any], chosen: Chosen, operator: Operator) -> Plan:
    if not operator.has("amministratore"):
        raise FormError("Gli sportelli li cambia solo chi amministra.", "contenuto")
    desk_id = _desk_id(form, "sportello", chosen, "contenuto")
    title = _words(form.get("nome", ""))
    if not title:
        raise FormError("Scrivi il nome dello sportello.", f"nome-{desk_id}")
    named = set(_all(form, "modi"))
    modes = [mode for mode in MODES if mode in named]
    if not modes:
        raise FormError("Scegli almeno un modo.", f"modo-{desk_id}-in_person")
    every = form.get("servizi") != "alcuni"
    services = _all(form, "servizio")
    if not every and not services:
        raise FormError("Scegli almeno un servizio, o tutti.", f"tutti-{desk_id}")
    change = change_desk(
        desk_id,
        title=title,
        active=bool(form.get("acceso")),
        modes=modes,
        service_ids=None if every else services,
    )
    return Plan(change=change, what=f"Cambiare {title}", site_ids=_site(chosen))


def _site(chosen: Chosen) -> tuple[str, ...]:
    assert chosen.site is not None
    return (chosen.site.id,)


def _desk_id(form: Mapping[str, Any], name: str, chosen: Chosen, field: str) -> int:
    given = str(form.get(name, ""))
    if not given.isdecimal() or int(given) not in chosen.desks:
        raise FormError("Scegli lo sportello.", field)
    return int(given)


def _number(given: object) -> int:
    written = str(given or "")
    if not written.isdecimal() or len(written) > 15:
        raise FormError("Non ho capito che cosa fare. Riprova.", "contenuto")
    return int(written)


def _days(form: Mapping[str, Any], prefix: str, chosen: Chosen) -> tuple[date, date]:
    first = read_day(str(form.get("dal", "")))
    if first is None:
        raise FormError("Scrivi il primo giorno.", f"{prefix}-dal")
    last = read_day(str(form.get("al", ""))) or first
    if last < first:
        raise FormError("L'ultimo giorno viene prima del primo.", f"{prefix}-al")
    if last < chosen.now.date():
        raise FormError("Quel giorno è già passato.", f"{prefix}-dal")
    return first, last


def _hours(form: Mapping[str, Any], prefix: str, *, needed: bool) -> tuple[time | None, time | None]:
    opens, closes = _time(form.get("dalle")), _time(form.get("alle"))
    if opens is None and closes is None and not needed:
        return None, None
    if opens is None or closes is None:
        raise FormError("Scrivi dalle che ora e fino a che ora.", f"{prefix}-dalle")
    if closes <= opens:
        raise FormError("L'ora di fine viene prima di quella di inizio.", f"{prefix}-alle")
    return opens, closes


def _time(given: object) -> time | None:
    try:
        return time.fromisoformat(str(given or "")).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _places(form: Mapping[str, Any], prefix: str) -> tuple[int, int]:
    places, minutes = str(form.get("posti", "")), str(form.get("minuti", ""))
    if not places.isdecimal() or not 1 <= int(places[:4]) <= 100:
        raise FormError("Le persone insieme sono da 1 a 100.", f"{prefix}-posti")
    if not minutes.isdecimal() or not 5 <= int(minutes[:4]) <= 480:
        raise FormError("Un posto comincia ogni 5-480 minuti.", f"{prefix}-minuti")
    return int(places), int(minutes)


def _reason(form: Mapping[str, Any], prefix: str) -> str:
    reason = _words(form.get("motivo", ""))
    if len(reason) < 3:
        raise FormError("Scrivi il motivo: lo legge anche chi ha prenotato.", f"{prefix}-motivo")
    return reason


def _words(given: object) -> str:
    return " ".join(harmless(str(given)).split())[:MOST_WORDS]


def _all(form: Mapping[str, Any], name: str) -> Sequence[str]:
    found = form.getall(name, []) if hasattr(form, "getall") else []
    return [str(one) for one in found]
