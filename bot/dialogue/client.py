"""The worker's client of Rasa: a message in, the answer and how it was understood out."""

import asyncio

import aiohttp

from bot.conversations.model import Parse, Reply, Waiting
from bot.dialogue.address import DialogueAddress
from bot.dialogue.replies import reply_of
from bot.privacy.masking import mask

PATH = "/webhooks/sportello/messages"


class DialogueError(Exception):
    """Rasa did not answer this message."""


class DialogueUnavailable(DialogueError):
    """Rasa or its action server is not up: the message should wait."""


class DialogueFailed(DialogueError):
    """Rasa is up and refused or failed this very message."""


class DialogueClient:
    """Keep-alive client of the internal input channel. One per worker."""

    def __init__(self, address: DialogueAddress, *, timeout: float, concurrency: int) -> None:
        self._address = address
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout, connect=2),
            connector=aiohttp.TCPConnector(limit=concurrency),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def answer(self, message: Waiting) -> tuple[list[Reply], Parse]:
        """Ask for the answer to one message; asking again for the same message gives the same answer.

        Raises `DialogueUnavailable` when nothing answers or the action server is away, `DialogueFailed` otherwise. Then
        the address is looked up again: a new model may be answering elsewhere.
        """
        try:
            return await self._answer(message)
        except DialogueUnavailable:
            await self._address.look()
            raise

    async def _answer(self, message: Waiting) -> tuple[list[Reply], Parse]:
        body = {
            "conversation_id": str(message.conversation_id),
            "message_id": str(message.id),
            "text": mask(message.text),
            "payload": message.payload,
        }
        try:
            async with self._session.post(self._address.url + PATH, json=body) as response:
                if response.status == 503:
                    raise DialogueUnavailable(await response.text())
                if response.status != 200:
                    raise DialogueFailed(f"HTTP {response.status}: {(await response.text())[:300]}")
                data = await response.json()
        except (aiohttp.ConnectionTimeoutError, asyncio.IncompleteReadError) as error:
            raise DialogueUnavailable(repr(error)) from error
        except TimeoutError as error:
            # It took the message and never finished it: waiting for ever would stop the conversation.
            raise DialogueFailed(f"no answer in {self._session.timeout.total:.0f} s") from error
        except aiohttp.ClientConnectionError as error:
            raise DialogueUnavailable(repr(error)) from error
        except aiohttp.ClientError as error:
            raise DialogueFailed(repr(error)) from error
        if not data["messages"]:
            # Silence is never an answer.
            raise DialogueFailed(f"no words for the intent {data['parse']['intent']!r}")
        return [reply_of(item) for item in data["messages"]], Parse(**data["parse"])
