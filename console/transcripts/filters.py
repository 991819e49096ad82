"""Which conversations the list shows: read from an address, written back into one, turned into conditions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select

from bot.clock import ROME
from bot.conversations.desk_tables import handoffs
from bot.storage.tables import conversations, feedback
from console.operators import Operator
from console.tables import reads, summaries, tags, work
from console.transcripts.summaries import LOW_CONFIDENCE

VIEWS = {
    "": "Tutte",
    "mie": "Assegnate a me",
    "libere": "Non assegnate",
    "nuove": "Non lette",
    "persona": "Aspettano una persona",
    "operatore": "Con un operatore",
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Empty fields filter nothing. Names are those of the address."""

    parole: str = ""
    dal: str = ""
    al: str = ""
    canale: str = ""
    argomento: str = ""
    centro: str = ""
    esito: str = ""
    voto: str = ""
    operatore: str = ""
    etichetta: str = ""
    vista: str = ""
    non_capito: str = ""
    incerto: str = ""
    appuntamento: str = ""

    def address(self, **more: object) -> str:
        """The list's address with these filters, and more parameters."""
        given = {name: value for name, value in (asdict(self) | more).items() if value}
        return f"/?{urlencode(given)}" if given else "/"

    def set(self) -> list[tuple[str, str]]:
        """Names and values of what is set."""
        return [(name, value) for name, value in asdict(self).items() if value]

    def count(self) -> int:
        """How many are set, the words searched for apart."""
        return sum(1 for name, value in asdict(self).items() if value and name not in ("parole", "vista"))

    def described(self) -> dict[str, str]:
        """What is set, for the audit log: without the words, which may name people."""
        return {name: value for name, value in asdict(self).items() if value and name != "parole"}


def read_filters(query: Mapping[str, Any]) -> Filters:
    """The filters of an address or a form; what cannot be read is left out."""
    given = {name: str(query.get(name, "")).strip()[:200].replace("\x00", "") for name in Filters.__dataclass_fields__}
    for name in ("dal", "al"):
        if given[name] and _day(given[name]) is None:
            given[name] = ""
    if given["operatore"] and _uuid(given["operatore"]) is None:
        given["operatore"] = ""
    if given["vista"] not in VIEWS:
        given["vista"] = ""
    return Filters(**given)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ROME)


def within_reach(operator: Operator) -> ColumnElement[bool]:
    """Conversations the operator may see: of the operator's centres, and those of none yet."""
    if not operator.centres:
        return literal(True)
    return or_(summaries.c.centre.is_(None), summaries.c.centre.in_(operator.centres))


def conditions(filters: Filters, operator: Operator) -> ColumnElement[bool]:
    """What a row of `console_summaries` must be to be shown; the words searched for are looked for elsewhere."""
    s = summaries.c
    wanted: list[ColumnElement[bool]] = [within_reach(operator)]
    since, until = _day(filters.dal), _day(filters.al)
    if since:
        wanted.append(s.last_message_at >= _midnight(since))
    if until:
        wanted.append(s.last_message_at < _midnight(until + timedelta(days=1)))
    for column, value in ((s.channel, filters.canale), (s.centre, filters.centro), (s.outcome, filters.esito)):
        if value:
            wanted.append(column == value)
    if filters.argomento:
        wanted.append(s.intents.contains([filters.argomento]))
    if filters.non_capito:
        wanted.append(s.fallback)
    if filters.incerto:
        wanted.append(s.min_confidence < LOW_CONFIDENCE)
    if filters.appuntamento:
        wanted.append(s.appointment.is_(filters.appuntamento == "si"))
    if filters.voto:
        wanted.append(_has(feedback, feedback.c.rating == filters.voto))
    if filters.etichetta:
        wanted.append(_has(tags, tags.c.tag == filters.etichetta))
    if filters.operatore:
        wanted.append(_of_operator(UUID(filters.operatore)))
    return and_(*wanted, *_view(filters.vista, operator))


def _has(table: Any, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(table.c.conversation_id == summaries.c.conversation_id, *also))


def _of_operator(account_id: UUID) -> ColumnElement[bool]:
    assigned = _has(work, work.c.assigned_to == account_id)
    return or_(assigned, _has(handoffs, handoffs.c.operator == str(account_id)))


def _view(view: str, operator: Operator) -> list[ColumnElement[bool]]:
    if view == "mie":
        return [_of_operator(operator.id)]
    if view == "libere":
        return [~_has(work, work.c.assigned_to.is_not(None))]
    if view == "nuove":
        read = _has(reads, reads.c.account_id == operator.id, reads.c.seq >= summaries.c.through_seq)
        return [~read]
    if view == "persona":
        return [_has(handoffs, handoffs.c.state == "waiting")]
    if view == "operatore":
        own = conversations.c.id == summaries.c.conversation_id
        return [exists(select(literal(1)).where(own, conversations.c.owner == "operator"))]
    return []
