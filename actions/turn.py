"""One turn as actions see it: what the citizen said and how it was understood; and how a reply is said."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.conversations.model import Reply
from bot.nlu.reading import RANKING_KEY


def text_of(tracker: Tracker) -> str:
    """The citizen's words; empty when they pressed a button."""
    text = tracker.latest_message.get("text") or ""
    return "" if text.startswith("/") else text


def intent_of(tracker: Tracker) -> str:
    """The full name of the intent that was decided upon, such as `faq/did` or `nlu_fallback`."""
    intent = tracker.latest_message.get("intent") or {}
    return intent.get("full_retrieval_intent_name") or intent.get("name") or ""


def ranking_of(tracker: Tracker) -> list[dict[str, Any]]:
    """The likeliest intents with their calibrated confidence, best first."""
    return tracker.latest_message.get(RANKING_KEY) or []


def entity_of(tracker: Tracker, kind: str) -> str | None:
    """The first value of an entity in this message."""
    return next(tracker.get_latest_entity_values(kind), None)


def utter(dispatcher: CollectingDispatcher, *replies: Reply) -> None:
    """Say replies as one message: texts one after the other, the buttons and links of all."""
    buttons = {button.payload: button for reply in replies for button in reply.buttons}
    dispatcher.utter_message(
        text="\n\n".join(reply.text for reply in replies if reply.text),
        buttons=[{"title": b.title, "payload": b.payload} for b in buttons.values()],
        json_message={
            "links": [{"title": link.title, "url": link.url} for reply in replies for link in reply.links],
            "expects": next((reply.expects for reply in replies if reply.expects), None),
        },
    )
