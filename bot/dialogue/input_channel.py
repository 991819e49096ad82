"""Rasa's side of the way of a message: one internal door that answers with the messages *and* the parse.

It differs from Rasa's own REST channel in what it promises:
- asking again for a message already answered gives the same answer and runs nothing twice;
- when an action fails or the action server is away, nothing is stored and the caller is told, instead of silence.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.dialogue.tracker_store import ConversationMovedError
from bot.dialogue.turns import Turns, note_failure, noting_failures
from bot.knowledge.fresh import Follower, follow_files
from bot.knowledge.places import read_place
from bot.nlu.reading import read_parse

AWAY = (aiohttp.ClientConnectionError, TimeoutError, SQLAlchemyError, ConversationMovedError)
"""Failures of what a turn needs, or of its moment, and not of the message: it should be tried again."""
WARMING = "abito a Torinno e vorrei sapere che documenti servono per la did"
NOBODY = "nobody"
HIDDEN_ACTIONS = frozenset({"action_listen", "action_session_start", "action_extract_slots"})


class WatchedEndpoint(EndpointConfig):
    """The action server's address, keeping its connection open and remembering failures Rasa would only log."""

    _session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        **kwargs: Any,
    ) -> Any:
        """Send one request, as `EndpointConfig.request` does without its compression and extra settings."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15, connect=2))
        kwargs.pop("compress", None)
        try:
            async with self._session.request(method, self.url, **kwargs) as answer:
                if answer.status < 400:
                    return await answer.json()
                refusal = ClientResponseError(answer.status, answer.reason, await answer.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            note_failure(error)
            raise
        # 400 is an action that declines to run, which Rasa knows how to take.
        if refusal.status != 400:
            note_failure(refusal)
        raise refusal


class SportelloInput(InputChannel):
    """The internal input channel; `credentials.yml` names it. Listens on loopback only."""

    @classmethod
    def name(cls) -> str:
        """The channel's name, part of its address."""
        return "sportello"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        """The routes: `GET /` for health, `POST /messages` for one message, `/warm` and `/drain` for taking over."""
        routes = Blueprint("sportello_input", "sportello_input")
        turns = Turns()

        @routes.listener("after_server_start")
        async def follow_knowledge(app: Sanic, loop: object) -> None:
            app.add_task(follow_files(Follower(), then=lambda: read_place(WARMING)))

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            agent: Agent = request.app.ctx.agent
            ready = agent is not None and agent.is_ready()
            return response.json({"ready": ready, "model": model_of(agent) if ready else None}, 200 if ready else 503)

        @routes.post("/warm")
        async def warm(request: Request) -> HTTPResponse:
            """Do once what is slow the first time, so that no citizen waits for it."""
            agent: Agent = request.app.ctx.agent
            await agent.parse_message(WARMING)
            await agent.tracker_store.retrieve(NOBODY)
            return response.json({"model": model_of(agent)})

        @routes.post("/drain")
        async def drain(request: Request) -> HTTPResponse:
            """Take no more messages; how many are still being answered."""
            turns.closed = True
            return response.json({"under_way": turns.under_way})

        @routes.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            agent: Agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.text("no model is loaded", 503)
            if turns.closed:
                return response.text("another process answers now", 503)
            with turns.one(), noting_failures() as failures:
                tracker = await handle(agent, **request.json, failures=failures)
            if failures:
                return response.text(f"not answered: {failures[0]!r}", 503 if isinstance(failures[0], AWAY) else 500)
            return response.json(answer_to(tracker, request.json["message_id"], model_of(agent)))

        return routes


def model_of(agent: Agent) -> str:
    """The name of the model served: the one its file has here, else Rasa's own."""
    return os.environ.get("SPORTELLO_MODEL") or str(agent.model_id)


async def handle(
    agent: Agent,
    *,
    conversation_id: str,
    message_id: str,
    text: str,
    payload: str | None,
    failures: list[Exception],
) -> DialogueStateTracker:
    """Run the dialogue on one message unless it was run already; the tracker is saved only if no action failed."""
    processor = agent.processor
    if not isinstance(processor.action_endpoint, WatchedEndpoint):
        processor.action_endpoint = WatchedEndpoint(processor.action_endpoint.url, **processor.action_endpoint.kwargs)
    # A leading slash is Rasa's notation for an intent: citizens' words must not reach it, buttons must.
    said = payload if payload is not None else text.lstrip("/ \n\t") or "?"
    message = UserMessage(
        said, CollectingOutputChannel(), conversation_id, input_channel=SportelloInput.name(), message_id=message_id
    )
    async with agent.lock_store.lock(conversation_id):
        tracker = await processor.get_tracker(conversation_id)
        if failures:
            # What was said before could not be read: nothing is answered without it.
            return tracker
        if turn_of(tracker, message_id):
            return tracker
        # What `log_message` does, without reading the tracker a second time.
        await processor._update_tracker_session(tracker, message.output_channel)
        await processor._handle_message_with_tracker(message, tracker)
        tracker = await processor.run_action_extract_slots(message.output_channel, tracker)
        await processor._run_prediction_loop(message.output_channel, tracker)
        if not failures:
            await processor.save_tracker(tracker)
    return tracker


def turn_of(tracker: DialogueStateTracker, message_id: str) -> list[Any]:
    """The events from the citizen's message with that id up to the next one; empty when it was never handled."""
    turn: list[Any] = []
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if turn:
                break
            if event.message_id == message_id:
                turn = [event]
        elif turn:
            turn.append(event)
    return turn


def answer_to(tracker: DialogueStateTracker, message_id: str, model: str | None) -> dict[str, Any]:
    """What the worker stores: the bot's messages of that turn and how the message was understood."""
    turn = turn_of(tracker, message_id)
    said = [
        {"text": event.text, "buttons": event.data.get("buttons"), "custom": event.data.get("custom")}
        for event in turn
        if isinstance(event, BotUttered)
    ]
    actions = [e.action_name for e in turn if isinstance(e, ActionExecuted) and e.action_name not in HIDDEN_ACTIONS]
    parse = read_parse(turn[0].parse_data)
    return {
        "messages": said,
        "parse": {
            "intent": parse["intent"],
            "confidence": parse["confidence"],
            "fallback": parse["fallback"],
            "entities": parse["entities"],
            "ranking": parse["ranking"],
            "model": model,
            "actions": actions,
        },
    }
