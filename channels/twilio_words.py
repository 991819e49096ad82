"""Twilio's words: where its webhooks come in, what its statuses and error codes mean. Nothing here needs the SDK."""

from channels.sender import Why

INBOUND_PATH = "/twilio/inbound"
STATUS_PATH = "/twilio/status"
WHATSAPP_PREFIX = "whatsapp:"

STATES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
"""Twilio's statuses as states of a delivery."""

REASONS: dict[Why, frozenset[str]] = {
    "opted_out": frozenset({"21610"}),
    "window": frozenset({"63016"}),
    "blocked": frozenset({"30004", "63033"}),
    # invalid, not a mobile, a landline, unknown, not on WhatsApp
    "address": frozenset(
        {"21211", "21214", "21217", "21265", "21614", "21635", "30005", "30006", "63003", "63015", "63024"}
    ),
}
"""What error codes say about an address. Others are about the one message: https://www.twilio.com/docs/api/errors"""


def why_of(code: str) -> Why:
    """What an error code says about."""
    return next((why for why, codes in REASONS.items() if code in codes), "content")
