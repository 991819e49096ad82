"""What a button carries: `/intent{"slot": "value"}`, Rasa's own notation, checked before anything sees it."""

import json
import re

PAYLOAD_INTENTS = frozenset(
    {
        "ask_topic",
        "affirm",
        "deny",
        "greet",
        "ask_help",
        "find_centre",
        "centre_hours",
        "centre_contacts",
        "book_appointment",
        "reschedule_appointment",
        "cancel_appointment",
        "list_appointments",
        "confirm_attendance",
        "accept_offer",
        "decline_offer",
        "choose",
        "talk_to_operator",
        "call_back",
        "show_source",
        "choose_place",
        "none_of_these",
        "restart",
        "repeat",
        "delete_my_data",
    }
)
MAX_CHARS = 500
# A null and half a surrogate pair can be written in JSON and not in PostgreSQL.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SHAPE = re.compile(r"/([a-z_]+)(\{.*\})?", re.DOTALL)


class PayloadError(ValueError):
    """The payload is not one a button of ours carries."""


def make_payload(intent: str, **entities: str) -> str:
    """The payload of a button; raises `PayloadError` for an intent no button may carry."""
    if intent not in PAYLOAD_INTENTS:
        raise PayloadError(f"intent non previsto: {intent}")
    return f"/{intent}" + (json.dumps(entities, ensure_ascii=False, separators=(",", ":")) if entities else "")


def check_payload(payload: str) -> str:
    """Return the payload unchanged, or raise `PayloadError` with a reason an integrator can act upon."""
    match = _SHAPE.fullmatch(payload) if len(payload) <= MAX_CHARS else None
    if match is None:
        raise PayloadError('payload must be the one of a button, like /ask_topic{"topic":"did"}')
    if match[1] not in PAYLOAD_INTENTS:
        raise PayloadError(f"no button carries the intent {match[1]!r}")
    if match[2]:
        try:
            entities = json.loads(match[2])
        except json.JSONDecodeError as error:
            raise PayloadError(f"payload is not JSON after the intent: {error.msg}") from None
        if not all(isinstance(value, str) and _UNSTORABLE.search(value) is None for value in entities.values()):
            raise PayloadError("payload values must be strings of ordinary characters")
    return payload
