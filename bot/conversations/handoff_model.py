"""Passing a conversation to a person: its words, its errors, what is known of one request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Reason = Literal["asked", "not_understood", "complaint", "operator"]
REASONS: dict[str, str] = {
    "asked": "L'ha chiesto",
    "not_understood": "L'assistente non capiva",
    "complaint": "Si lamentava",
    "operator": "Presa da un operatore",
}
"""Why there is a request, as operators read it."""
OUTCOMES: dict[str, str] = {
    "resolved": "Risolto",
    "appointment": "Fissato un appuntamento",
    "call_back": "Da richiamare",
    "elsewhere": "Competenza di un altro ufficio",
    "silent": "Il cittadino non risponde più",
    "other": "Altro",
}
"""How a conversation with a person ended, as operators choose it."""


class HandoffError(Exception):
    """The conversation cannot be taken, answered or closed like this."""


class TakenError(HandoffError):
    """Somebody else has the conversation; `name` is who."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotYoursError(HandoffError):
    """The operator does not have this conversation, or not any more."""


class UnseenError(HandoffError):
    """The citizen has written since the operator looked."""


class GoneError(HandoffError):
    """There is no such conversation: it was erased."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who writes: the account's id, and the first name citizens hear."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """An open request, or one that was."""

    id: UUID
    conversation_id: UUID
    state: str
    reason: str
    operator: str | None
    operator_name: str | None
    outcome: str | None
    requested_at: datetime
    taken_at: datetime | None
    ended_at: datetime | None
