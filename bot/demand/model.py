"""What is kept of something that was asked for and could not be given."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["no_place", "no_answer", "off_topic", "no_hours"]
KINDS: dict[Kind, str] = {
    "no_place": "Nessun posto",
    "no_answer": "Nessuna risposta",
    "off_topic": "Fuori tema",
    "no_hours": "Orari non noti",
}
"""What was missing, as operators read it."""

Reason = Literal["full", "closed", "late", "no_agenda", "not_understood", "no_aspect", ""]
REASONS: dict[Reason, str] = {
    "full": "Tutto occupato",
    "closed": "Giorno di chiusura",
    "late": "Solo fra più di due settimane",
    "no_agenda": "Il centro non dà appuntamenti",
    "not_understood": "Non capita due volte di seguito",
    "no_aspect": "Manca questo dettaglio",
    "": "",
}


@dataclass(frozen=True, kw_only=True)
class Lack:
    """One thing that was not there. `centre`, `province`, `service_id`, `topic` as far as they are known; `wish` in plain
    data (a reading of `bot.nlu.when`): no words of the citizen.
    """

    kind: Kind
    reason: Reason = ""
    service_id: str | None = None
    mode: str | None = None
    centre: str | None = None
    province: str | None = None
    topic: str | None = None
    wish: dict[str, Any] = field(default_factory=dict)
