"""Fixed sentences, repeating, starting over."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import give_back_hold
from actions.hearing import takes_up_talk
from actions.limits import start_buttons
from actions.second_request import second_reply
from actions.turn import intent_of, text_of, utter
from bot.answers import sentences
from bot.answers.sentences import say
from bot.booking.cues import wants_back
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload

Events = list[dict[str, Any]]

PERSON = Button(title="Parlare con una persona", payload=make_payload("talk_to_operator"))
COMPLAINT_PERSON = Button(title=PERSON.title, payload=make_payload("talk_to_operator", reason="complaint"))


class ActionSay(Action):
    """The fixed words for an intent."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_say"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Say them, with the buttons that fit."""
        intent = intent_of(tracker)
        if takes_up_talk(tracker):
            return [FollowupAction("appointment_form")]
        buttons: tuple[Button, ...] = ()
        if intent in ("greet", "ask_help"):
            buttons = start_buttons()
        elif intent in ("complaint", "insult"):
            buttons = (COMPLAINT_PERSON,)
        elif intent == "bot_challenge":
            buttons = (PERSON,)
        utter(dispatcher, Reply(text=say(sentences.BY_INTENT[intent]), buttons=buttons), *second_reply(tracker))
        return [SlotSet("not_understood", 0)]


class ActionRepeat(Action):
    """The last thing said, again, with its buttons."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_repeat"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Find it in the events and say it."""
        for event in reversed(tracker.events):
            if event.get("event") == "bot" and event.get("text"):
                buttons = (event.get("data") or {}).get("buttons") or ()
                kept = tuple(Button(title=b["title"], payload=b["payload"]) for b in buttons)
                utter(dispatcher, Reply(text=event["text"], buttons=kept))
                return []
        utter(dispatcher, Reply(text=sentences.NOTHING_TO_REPEAT))
        return []


class ActionStartOver(Action):
    """Forget what was being talked about and begin again."""

    def name(self) -> str:
        """Rasa's own name for it: its default rule sends the intent `restart` here."""
        return "action_restart"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Clear the memory of this conversation; in the talk about an appointment "torna indietro" is one step only."""
        if (tracker.active_loop or {}).get("name") and wants_back(text_of(tracker)):
            return [FollowupAction("appointment_form")]
        await give_back_hold(tracker)
        utter(dispatcher, Reply(text=sentences.START_OVER, buttons=start_buttons()))
        cleared = ("last_topic", "municipality", "pending_question", "appointment_talk")
        # No rule follows Rasa's own restart, so the turn is ended here.
        return [
            *(SlotSet(slot, None) for slot in cleared),
            ActiveLoop(None),
            SlotSet("not_understood", 0),
            FollowupAction("action_listen"),
        ]
