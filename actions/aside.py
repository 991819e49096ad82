"""A question in the middle of the talk about an appointment: answered by the action that would answer it outside."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.centres import ActionCentreContacts, ActionCentreHours, ActionFindCentre, ActionPlaceGiven
from actions.erasing import ActionEraseMe
from actions.limits import ActionDanger, ActionDeclined, ActionLanguage
from actions.people import ActionCallBack, ActionPerson
from actions.small_talk import ActionSay
from actions.topics import ActionAnswerTopic
from actions.turn import intent_of
from bot.answers import sentences
from bot.conversations.model import Reply
from bot.dialogue.replies import reply_of

TOPIC_INTENTS = ("ask_topic", "ask_aspect", "show_source")
BY_INTENT: dict[str, type[Action]] = {
    "find_centre": ActionFindCentre,
    "centre_hours": ActionCentreHours,
    "centre_contacts": ActionCentreContacts,
    "choose_place": ActionPlaceGiven,
    "out_of_scope": ActionDeclined,
    "danger": ActionDanger,
    "change_language": ActionLanguage,
    "talk_to_operator": ActionPerson,
    "call_back": ActionCallBack,
    "delete_my_data": ActionEraseMe,
}


SAID = frozenset(sentences.BY_INTENT)


async def answer_aside(tracker: Tracker, domain: dict[str, Any]) -> tuple[list[Reply], list[dict[str, Any]]]:
    """The replies to this message outside the talk, and the events that go with them."""
    intent = intent_of(tracker)
    if intent not in BY_INTENT and intent not in SAID and not intent.startswith("faq/") and intent not in TOPIC_INTENTS:
        # "ripeti", "riprova": the open question, asked again, is the answer.
        return [], []
    if intent.startswith("faq/") or intent in TOPIC_INTENTS:
        action: Action = ActionAnswerTopic()
    else:
        action = BY_INTENT.get(intent, ActionSay)()
    collected = CollectingDispatcher()
    events = await action.run(collected, tracker, domain)
    return [reply_of(message) for message in collected.messages], events
