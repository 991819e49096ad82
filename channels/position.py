"""A position that somebody sent, as the municipality it is nearest to. The position itself is not kept."""

from dataclasses import replace

from bot.answers.centres import OUTSIDE
from bot.conversations.model import Reply
from bot.dialogue.payloads import make_payload
from bot.knowledge import get_knowledge
from bot.knowledge.nearest import Point, nearest_municipality
from channels.arrivals import Arrival
from channels.sentences import say

MOST_KM = 25.0
"""Farther than this from the middle of every municipality of ours is another region."""


def located(arrival: Arrival, point: Point) -> Arrival:
    """The arrival as if the button of the nearest municipality were pressed."""
    municipality, distance = nearest_municipality(get_knowledge(), point)
    if distance > MOST_KM:
        return replace(arrival, text="(posizione fuori dal Piemonte)", answer=Reply(text=say(OUTSIDE)))
    payload = make_payload("choose_place", place=municipality.name)
    return replace(arrival, text=f"(posizione: {municipality.name})", payload=payload)
