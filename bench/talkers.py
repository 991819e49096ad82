"""How a message is sent and its answer awaited: through our web chat, and through Rasa's REST channel."""

import asyncio
import time
from typing import Any, Self
from uuid import uuid4

import aiohttp

from bench.load import ANSWER_WITHIN_SECONDS, Refused

POLL_SECONDS = 20


def client() -> aiohttp.ClientSession:
    """One session, as many connections as conversations need."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=POLL_SECONDS + 60)
    )


class WebChatTalkers:
    """Conversations of the web chat: each posts its messages and holds one long poll open for the answers."""

    def __init__(self, base: str, count: int) -> None:
        self.count = count
        self._base = f"{base}/webchat/v1/conversations"
        self._session = client()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._listening: list[asyncio.Task[None]] = []
        self._arrived: dict[str, float] = {}
        self._awaited: dict[str, asyncio.Event] = {}

    async def __aenter__(self) -> Self:
        for _ in range(self.count):
            async with self._session.post(self._base) as answer:
                opened = await answer.json()
            self._open.append((opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"}))
            self._listening.append(asyncio.create_task(self._listen(*self._open[-1])))
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self._session.close()

    async def ask(self, talker: int, text: str) -> float:
        conversation, headers = self._open[talker]
        url, started = f"{self._base}/{conversation}/messages", time.monotonic()
        body = {"client_message_id": f"{started}", "text": text}
        async with self._session.post(url, json=body, headers=headers) as answer:
            if answer.status != 202:
                raise Refused(answer.status)
            message_id = (await answer.json())["message_id"]
        if message_id not in self._arrived:  # the answer can be here before the acknowledgement is read
            event = self._awaited[message_id] = asyncio.Event()
            await asyncio.wait_for(event.wait(), ANSWER_WITHIN_SECONDS)
        return self._arrived[message_id] - started

    async def _listen(self, conversation: str, headers: dict[str, str]) -> None:
        after = 0
        while True:
            url = f"{self._base}/{conversation}/messages?after={after}&wait={POLL_SECONDS}"
            try:
                async with self._session.get(url, headers=headers) as answer:
                    answer.raise_for_status()
                    messages = (await answer.json())["messages"]
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
                continue
            now = time.monotonic()
            for message in messages:
                after = message["seq"]
                self._note(message, now)

    def _note(self, message: dict[str, Any], now: float) -> None:
        """An answer counts when its first message is here; notices that it is late do not count."""
        answered = message["in_reply_to"]
        if message["sender"] != "bot" or message["kind"] != "message" or not answered:
            return
        self._arrived.setdefault(answered, now)
        if answered in self._awaited:
            self._awaited.pop(answered).set()


class RestTalkers:
    """Conversations of Rasa's REST channel, which answers in the response itself."""

    def __init__(self, base: str, count: int) -> None:
        self.count = count
        self._url = f"{base}/webhooks/rest/webhook"
        self._name = uuid4().hex
        self._session = client()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._session.close()

    async def ask(self, talker: int, text: str) -> float:
        started = time.monotonic()
        body = {"sender": f"{self._name}-{talker}", "message": text.lstrip("/ \n\t") or "?"}
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS), self._session.post(self._url, json=body) as answer:
            if answer.status != 200 or not await answer.json():
                raise Refused(answer.status)
        return time.monotonic() - started
