"""The second request of a message that makes two: answered after the first, when it is sure."""

from dataclasses import replace

from rasa_sdk import Tracker

from bot.answers.sentences import BY_INTENT, say
from bot.answers.topics import answer_topic, topic_button
from bot.clock import today
from bot.conversations.model import Reply
from bot.knowledge import get_knowledge
from bot.nlu.reading import ALSO_KEY


def second_reply(tracker: Tracker) -> list[Reply]:
    """The reply to the other request, or nothing."""
    also = tracker.latest_message.get(ALSO_KEY)
    if not also:
        return []
    intent = also["intent"]
    if intent.startswith("faq/"):
        topic = intent.removeprefix("faq/")
        reply = answer_topic(get_knowledge(), topic, aspect=also.get("aspect"), today=today())
        # Its own buttons would look like those of the first answer: one leads on to it.
        return [replace(reply, buttons=(topic_button(get_knowledge(), topic),))]
    return [Reply(text=say(BY_INTENT[intent]))] if intent in BY_INTENT else []
