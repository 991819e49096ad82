"""The edges of what the assistant can do: not understood, somebody else's matter, danger, other languages."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.centres import ActionPlaceGiven, reading_of
from actions.demand import note
from actions.hearing import takes_up_talk
from actions.queue import waits_for_person
from actions.turn import entity_of, ranking_of, text_of, utter
from bot.answers import sentences
from bot.answers.centres import OUTSIDE
from bot.answers.people import KEPT_FOR_PERSON, STOP_WAITING
from bot.answers.sentences import say
from bot.answers.topics import answer_topic, topic_button
from bot.clock import today
from bot.conversations.model import Button, Reply
from bot.demand.model import Lack
from bot.dialogue.payloads import make_payload
from bot.knowledge import get_knowledge
from bot.nlu.languages import named_language, written_language

Events = list[dict[str, Any]]

MIN_SUGGESTED = 0.06
"""An intent less likely than this is not worth suggesting."""
MAX_SUGGESTED = 3
SHORT_WORDS = 7
"""A question about an aspect this short, naming no service, is about the topic just spoken of."""
INTENT_TITLES = {
    "find_centre": "Trovare il centro",
    "centre_hours": "Orari dei centri",
    "centre_contacts": "Telefono, e-mail",
    "book_appointment": "Prenotare",
    "talk_to_operator": "Parlare con una persona",
    "delete_my_data": "Cancellare i miei dati",
}
"""Intents that can be suggested besides topics, as people would call them."""
ASK_PERSON = Button(title="Sì, una persona", payload=make_payload("talk_to_operator", reason="not_understood"))
START_TOPICS = ("did", "naspi-discoll", "offerte-lavoro")


class ActionNotUnderstood(Action):
    """First an honest "forse cercavi" with likely topics; the second time running, a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_not_understood"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Try what the context explains, then the language, then suggestions, then a person."""
        text = text_of(tracker)
        if takes_up_talk(tracker):
            return [FollowupAction("appointment_form")]
        if tracker.get_slot("pending_question") and reading_of(tracker, expected=True).mentions:
            return await ActionPlaceGiven().run(dispatcher, tracker, domain)
        language = written_language(text)
        if language:
            utter(dispatcher, Reply(text=say(sentences.LANGUAGES[language])))
            return []
        topic, aspect = tracker.get_slot("last_topic"), entity_of(tracker, "aspect")
        if topic and aspect and len(text.split()) <= SHORT_WORDS and not entity_of(tracker, "service"):
            # "e quanto tempo ci vuole?": about what was just spoken of, and said so.
            about = Reply(text=sentences.ABOUT.format(title=get_knowledge().services[topic].title))
            utter(dispatcher, about, answer_topic(get_knowledge(), topic, aspect=aspect, today=today()))
            return [SlotSet("not_understood", 0)]
        times = (tracker.get_slot("not_understood") or 0) + 1
        if await waits_for_person(tracker):
            utter(dispatcher, Reply(text=KEPT_FOR_PERSON, buttons=(STOP_WAITING,)))
        elif times >= 2:
            utter(dispatcher, Reply(text=say(sentences.OFFER_PERSON), buttons=(ASK_PERSON, *start_buttons())))
            await note(tracker, Lack(kind="no_answer", reason="not_understood", topic=likeliest(tracker)))
        else:
            suggestions = suggestion_buttons(tracker)
            asked = sentences.DID_YOU_MEAN if suggestions else sentences.SAY_IT_DIFFERENTLY
            utter(dispatcher, Reply(text=asked, buttons=suggestions))
        return [SlotSet("not_understood", times)]


class ActionDeclined(Action):
    """A matter of another office, or of none: said plainly, in the citizen's language if it is one of ours."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_declined"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Decline."""
        if await waits_for_person(tracker):
            utter(dispatcher, Reply(text=KEPT_FOR_PERSON, buttons=(STOP_WAITING,)))
            return []
        language = written_language(text_of(tracker))
        declined = OUTSIDE if reading_of(tracker).outside else sentences.OUT_OF_SCOPE
        said = sentences.LANGUAGES[language] if language else declined
        utter(dispatcher, Reply(text=say(said)))
        if said is sentences.OUT_OF_SCOPE:
            await note(tracker, Lack(kind="off_topic"))
        return [SlotSet("not_understood", 0)]


class ActionDanger(Action):
    """Emergency numbers and a person, at once and without any question."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_danger"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Say where help is."""
        utter(dispatcher, Reply(text=say(sentences.DANGER)))
        return [SlotSet("not_understood", 0), SlotSet("pending_question", None)]


class ActionLanguage(Action):
    """In the asked language: that we answer in Italian, and how to reach a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Answer in the language named, else in the one written in."""
        text = text_of(tracker)
        language = named_language(text) or written_language(text)
        utter(dispatcher, Reply(text=say(sentences.LANGUAGES[language] if language else sentences.ITALIAN_ONLY)))
        return [SlotSet("not_understood", 0)]


def suggestion_buttons(tracker: Tracker) -> tuple[Button, ...]:
    """Up to three likely meanings, and "none of these" when there is any."""
    knowledge = get_knowledge()
    buttons: list[Button] = []
    for entry in ranking_of(tracker):
        name = entry["name"]
        if entry["confidence"] < MIN_SUGGESTED or len(buttons) == MAX_SUGGESTED:
            break
        if name.startswith("faq/") and name.removeprefix("faq/") in knowledge.services:
            buttons.append(topic_button(knowledge, name.removeprefix("faq/")))
        elif name in INTENT_TITLES:
            buttons.append(Button(title=INTENT_TITLES[name], payload=make_payload(name)))
    if buttons:
        buttons.append(Button(title="Nessuna di queste", payload=make_payload("none_of_these")))
    return tuple(buttons)


def likeliest(tracker: Tracker) -> str | None:
    """What the message might have been about, when anything is likely at all."""
    first = next(iter(ranking_of(tracker)), None)
    return first["name"] if first and first["confidence"] >= MIN_SUGGESTED else None


def start_buttons() -> tuple[Button, ...]:
    """Where people most often start from."""
    topics = tuple(topic_button(get_knowledge(), topic) for topic in START_TOPICS)
    return (*topics, Button(title=INTENT_TITLES["find_centre"], payload=make_payload("find_centre")))
