"""Whatever is said in the middle of the talk about an appointment, the action server has an answer."""

from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker

from actions.aside import answer_aside
from bot.settings import ROOT

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
INTENTS = [one if isinstance(one, str) else next(iter(one)) for one in DOMAIN["intents"]]


def tracker_of(intent: str, text: str) -> Tracker:
    message: dict[str, Any] = {"text": text, "intent": {"name": intent}, "entities": []}
    if intent == "faq":
        message["intent"] |= {"full_retrieval_intent_name": "faq/did"}
    return Tracker("citizen", {}, message, [], False, None, {}, "action_listen")


@pytest.mark.parametrize("text", ["boh", ""])
@pytest.mark.parametrize("intent", INTENTS)
async def test_every_intent_can_come_in_the_middle(intent: str, text: str) -> None:
    replies, _ = await answer_aside(tracker_of(intent, text), {})
    assert all(reply.text for reply in replies)
