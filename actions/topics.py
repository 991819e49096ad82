"""Answers about knowledge entries."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.demand import note
from actions.second_request import second_reply
from actions.turn import entity_of, intent_of, text_of, utter
from bot.answers.appointments import UNDER_15
from bot.answers.sentences import WHICH_TOPIC, say
from bot.answers.topics import answer_topic, knows_aspect, source_of
from bot.booking.age import too_young
from bot.clock import today
from bot.conversations.model import Reply
from bot.demand.model import Lack
from bot.knowledge import get_knowledge


class ActionAnswerTopic(Action):
    """The topic asked about, or one aspect of it, or its source; a bare aspect is about the topic just spoken of."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_answer_topic"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer and remember the topic."""
        knowledge = get_knowledge()
        topic = topic_of(tracker)
        if topic is None or topic not in knowledge.services:
            utter(dispatcher, Reply(text=WHICH_TOPIC))
            return []
        if topic == "appuntamenti" and too_young(text_of(tracker), this_year=today().year):
            utter(dispatcher, Reply(text=say(UNDER_15)))
            return [SlotSet("not_understood", 0)]
        if intent_of(tracker) == "show_source":
            reply = source_of(knowledge, topic)
        else:
            aspect = entity_of(tracker, "aspect")
            reply = answer_topic(knowledge, topic, aspect=aspect, today=today())
            if not knows_aspect(knowledge, topic, aspect):
                await note(tracker, Lack(kind="no_answer", reason="no_aspect", topic=f"faq/{topic}"))
        utter(dispatcher, reply, *second_reply(tracker))
        return [SlotSet("last_topic", topic), SlotSet("not_understood", 0), SlotSet("pending_question", None)]


def topic_of(tracker: Tracker) -> str | None:
    """The topic of this message: a button's, the intent's, else the one just spoken of."""
    intent = intent_of(tracker)
    if not text_of(tracker) and entity_of(tracker, "topic"):
        return entity_of(tracker, "topic")
    if intent.startswith("faq/"):
        return intent.removeprefix("faq/")
    topic: str | None = tracker.get_slot("last_topic")
    return topic
