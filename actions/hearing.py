"""From Rasa's tracker to what the talk about an appointment hears."""

from rasa_sdk import Tracker

from actions.centres import single_mention
from actions.turn import entity_of, intent_of, ranking_of, text_of
from bot.booking import cues
from bot.booking.code import code_in
from bot.booking.heard import Heard
from bot.clock import now
from bot.knowledge import get_knowledge
from bot.knowledge.places import read_place
from bot.nlu.reading import FALLBACK_INTENT
from bot.nlu.when import read_when

MIN_TOPIC = 0.2
"""A topic less likely than this is not taken for the reason of an appointment."""


def hear(tracker: Tracker, *, expected_place: bool = False) -> Heard:
    """This message: words read once more where the question asked matters, or what the button carries."""
    text = text_of(tracker)
    pressed = {} if text else carried(tracker)
    place = read_place(cues.after_field(text) if expected_place else text, expected=expected_place)
    decided = (tracker.latest_message.get("intent") or {}).get("name")
    return Heard(
        text=text,
        intent=intent_of(tracker),
        sure=decided != FALLBACK_INTENT,
        place=place,
        when=read_when(text or pressed.get("words", ""), now=now()),
        named_municipality=single_mention(place),
        named_site=entity_of(tracker, "centre") if text else None,
        home=tracker.get_slot("municipality"),
        topics=topics_of(tracker) if text else (),
        code=code_of(tracker, text) if text else None,
        pressed=pressed,
    )


def code_of(tracker: Tracker, text: str) -> str | None:
    """The code written, also as digits with a space where a code is what was asked for."""
    talk = tracker.get_slot("appointment_talk") or {}
    expected = talk.get("step") == "code" and not talk.get("paused")
    return entity_of(tracker, "appointment_code") or code_in(text, expected=expected)


def carried(tracker: Tracker) -> dict[str, str]:
    """What the button pressed carries."""
    entities = tracker.latest_message.get("entities") or []
    pressed = {entity["entity"]: str(entity["value"]) for entity in entities}
    place = pressed.get("place")
    return pressed if place is None or place in get_knowledge().by_municipality else {}


def topics_of(tracker: Tracker) -> tuple[str, ...]:
    """Knowledge entries the message is about: those named, then those its examples resemble."""
    named = list(tracker.get_latest_entity_values("service"))
    likely = [
        entry["name"].removeprefix("faq/")
        for entry in ranking_of(tracker)[:2]
        if entry["name"].startswith("faq/") and entry["confidence"] >= MIN_TOPIC
    ]
    return tuple(dict.fromkeys([*named, *likely]))


def takes_up_talk(tracker: Tracker) -> bool:
    """Whether words that mean nothing by themselves go on with an appointment: a code, or "riprendi" after a pause."""
    talk = tracker.get_slot("appointment_talk")
    paused = bool(talk and talk.get("paused"))
    text = text_of(tracker)
    return code_of(tracker, text) is not None or (paused and cues.wants_to_resume(text))
