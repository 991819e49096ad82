"""Conversations with the real model and the real actions, one file a family, named for what the citizen does.

Each turn: `citizen` (words) or `button` (the title of one just shown); then what the answer must contain (`says`), must
not contain (`never`), and which buttons it shows (`buttons`).
"""

import asyncio
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from bot.knowledge.readability import gulpease
from bot.settings import ROOT, get_settings

FAMILIES = Path(__file__).parent / "conversations"
CONVERSATIONS = [
    pytest.param(turns, id=f"{path.stem}: {name}")
    for path in sorted(FAMILIES.glob("*.yml"))
    for name, turns in yaml.safe_load(path.read_text(encoding="utf-8")).items()
]
LIST_OF_PAPERS = "Ti servono:"  # names of papers, not sentences
FOREIGN = ("I am an", "Je suis", "Soy un", "Sunt un", "أنا", "Jam një")

# One event loop for all: the connection to the action server is kept open between turns.
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def agent() -> Iterator[Any]:
    """The trained model, with an action server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"SPORTELLO_ACTIONS_PORT": str(port), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([sys.executable, "-m", "actions.serve"], env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
    from bot.nlu.without_tensorflow import leave_out_tensorflow

    leave_out_tensorflow()
    from rasa.core.agent import Agent
    from rasa.utils.endpoints import EndpointConfig

    from bot.dialogue.quicker import make_rasa_quicker
    from bot.launch.model import ensure_model
    from bot.nlu.interpreter import quiet_logging

    quiet_logging()
    make_rasa_quicker()
    try:
        loaded = Agent.load(
            ensure_model(get_settings(), print), action_endpoint=EndpointConfig(f"http://127.0.0.1:{port}/webhook")
        )
        asyncio.run(wait_for(f"http://127.0.0.1:{port}/health"))
        yield loaded
    finally:
        server.terminate()
        server.wait(10)


async def wait_for(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
    raise TimeoutError(url)


@pytest.mark.parametrize("turns", CONVERSATIONS)
async def test_a_conversation_goes_as_written(agent: Any, turns: list[dict[str, Any]]) -> None:
    from bot.dialogue.input_channel import answer_to, handle

    conversation, shown = str(uuid.uuid4()), []
    for turn in turns:
        payload = None
        if "button" in turn:
            payload = next(b["payload"] for b in shown if b["title"] == turn["button"])
        message_id = str(uuid.uuid4())
        failures: list[Exception] = []
        tracker = await handle(
            agent,
            conversation_id=conversation,
            message_id=message_id,
            text=turn.get("citizen", ""),
            payload=payload,
            failures=failures,
        )
        answer = answer_to(tracker, message_id, None)
        said = "\n".join(message["text"] or "" for message in answer["messages"])
        shown = [button for message in answer["messages"] for button in message["buttons"] or []]
        where = f"{turn} -> {answer['parse']['intent']} {answer['parse']['confidence']}: {said}"
        assert not failures, where
        assert len(answer["messages"]) == 1, where
        for words in turn.get("says", []):
            assert words.lower() in said.lower(), where
        for words in turn.get("never", []):
            assert words.lower() not in said.lower(), where
        for title in turn.get("buttons", []):
            assert title in [button["title"] for button in shown], where
        if not said.startswith((*FOREIGN, LIST_OF_PAPERS)):
            assert gulpease(said) >= 50, f"{gulpease(said):.0f} {said}"
