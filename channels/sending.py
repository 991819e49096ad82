"""Sending one message of the outbox: which address, which parts, and what each way of ending comes to."""

import asyncio
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.addresses import Address, addresses_of, block, opt_out
from bot.conversations.model import Button, Link
from bot.privacy.showing import filled_in
from bot.storage.tables import messages
from channels import deliveries
from channels.deliveries import OVER, REFUSED, Delivery
from channels.elsewhere import REMINDS, say_elsewhere
from channels.render import Rendered, render
from channels.sender import Part, RateLimitedError, RefusedError, Sender, Sent, UncertainError, UnreachedError, Why

log = structlog.get_logger()

BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300)
GIVE_UP_AFTER = timedelta(hours=24)
"""A provider that stays away this long: the message is recorded as failed, and the operators find it."""
ASK_SECONDS = 5.0
"""How long until a provider that could not be asked about a message is asked again."""
OPTED_OUT = ("opted_out", "la persona ha chiesto di non ricevere messaggi")
BLOCKED = ("blocked", "la persona non si raggiunge più a questo indirizzo")
NO_CHANNEL = ("no_channel", "nessun canale configurato per questo indirizzo")


class PostponedError(Exception):
    """Not now: the message stays first in its conversation until `seconds` have passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds = seconds


class Post:
    """Sends messages that were taken from the outbox. `settle`: after so long a provider that does not have a message
    will not get it from that attempt any more.
    """

    def __init__(self, engine: AsyncEngine, senders: Mapping[str, Sender], *, settle: timedelta) -> None:
        self._engine = engine
        self._senders = senders
        self._settle = settle
        # a provider that asked to be left alone is left alone by all conversations
        self._quiet_until: dict[str, float] = {}

    async def leave(self, lease: AsyncConnection, row: RowMapping) -> tuple[UUID, int, int] | None:
        """Send all parts. Returns what `deliveries.over` wants to know of the rest. Raises `PostponedError`."""
        message_id = row["message_id"]
        async with self._engine.connect() as connection:
            message = (await connection.execute(select(messages).where(messages.c.id == message_id))).mappings().one()
            known = await addresses_of(connection, message["conversation_id"])
            [text] = await filled_in(connection, message["conversation_id"], [(message["text"], message["sealed"])])
        address, refusal = self._way(known, asked=message["in_reply_to"] is not None)
        if address is None:
            await deliveries.not_sent(lease, message_id, row["first_part"], "undeliverable", *refusal)
            await say_elsewhere(lease, message_id)
            return None
        sender = self._senders[address.channel]
        rendered = _rendered(message, text, sender, row["from_char"])
        if not rendered.parts:
            await deliveries.not_sent(lease, message_id, row["first_part"], "failed", "empty", "niente da dire")
        for number, part in enumerate(rendered.parts, start=row["first_part"]):
            state = await self._part(message_id, number, part, address, row["created_at"])
            if state in REFUSED:
                await say_elsewhere(lease, message_id)
                return None
        if rendered.rest_from is None:
            return None
        return address.id, rendered.rest_from, row["first_part"] + len(rendered.parts)

    def _way(self, known: list[Address], *, asked: bool) -> tuple[Address | None, tuple[str, str]]:
        """The address to write to, or why there is none. `asked`: the message answers one of theirs."""
        if not asked and any(one.opted_out_at is not None for one in known):
            return None, OPTED_OUT
        reachable = [one for one in known if one.channel in self._senders]
        if not reachable:
            return None, NO_CHANNEL
        return next(((one, BLOCKED) for one in reachable if one.blocked_at is None), (None, BLOCKED))

    async def _part(self, message_id: UUID, number: int, part: Part, address: Address, since: datetime) -> str:
        """Send one part unless it left before; returns its state."""
        self._hush(address.channel)
        delivery = await deliveries.begin(self._engine, message_id, number, address)
        if delivery.state in OVER:
            return delivery.state
        if delivery.state == "sending":
            return await self._after_silence(delivery, part, address)
        sender, part = self._senders[address.channel], replace(part, reference=delivery.id)
        try:
            sent = await sender.send(address.value, part, last_inbound=address.last_inbound_at)
        except RateLimitedError as error:
            self._quiet_until[address.channel] = asyncio.get_running_loop().time() + error.seconds
            await self._again_or_failed(delivery, since, error_code="429", error=str(error))
            raise PostponedError(error.seconds) from error
        except UnreachedError as error:
            if await self._again_or_failed(delivery, since, error=str(error)[:500]) == "failed":
                return "failed"
            raise PostponedError(BACKOFF_SECONDS[min(delivery.attempts, len(BACKOFF_SECONDS)) - 1]) from error
        except RefusedError as error:
            return await self._refused(delivery, address, error)
        except UncertainError:
            return await self._after_silence(delivery, part, address)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may have been sent
            log.error("a sender failed", channel=address.channel, reason=fault_of(error))  # noqa: TRY400 - it may quote
            return await self._after_silence(delivery, part, address)
        return await deliveries.left(self._engine, delivery, sent)

    def _hush(self, channel: str) -> None:
        quiet = self._quiet_until.get(channel, 0) - asyncio.get_running_loop().time()
        if quiet > 0:
            raise PostponedError(quiet)

    async def _again_or_failed(self, delivery: Delivery, since: datetime, **values: Any) -> str:
        state = "failed" if datetime.now(UTC) - since > GIVE_UP_AFTER else "again"
        return await deliveries.note(self._engine, delivery, state, **values)

    async def _after_silence(self, delivery: Delivery, part: Part, address: Address) -> str:
        """It may have been sent: ask the provider; when it cannot tell, leave it uncertain."""
        age = datetime.now(UTC) - delivery.started_at
        others = await deliveries.provider_ids(self._engine, delivery, address)
        found: Sent | None = None
        try:
            part = replace(part, reference=delivery.id, others=others)
            found = await self._senders[address.channel].look_up(address.value, part, since=delivery.started_at)
        except (UnreachedError, RateLimitedError) as error:
            if age < GIVE_UP_AFTER:
                # It may yet be asked, or a receipt may come.
                raise PostponedError(error.seconds if isinstance(error, RateLimitedError) else ASK_SECONDS) from error
            return await self._uncertain(delivery)
        except UncertainError:
            return await self._uncertain(delivery)
        if found is not None:
            return await deliveries.left(self._engine, delivery, found)
        if age < self._settle:
            raise PostponedError((self._settle - age).total_seconds())
        state = await deliveries.note(self._engine, delivery, "again", error="non risulta partito")
        if state in OVER:
            return state
        raise PostponedError(0)

    async def _uncertain(self, delivery: Delivery) -> str:
        log.warning("a message may or may not have left", delivery=str(delivery.id))
        return await deliveries.note(self._engine, delivery, "unknown", error="nessuna conferma dal fornitore")

    async def _refused(self, delivery: Delivery, address: Address, error: RefusedError) -> str:
        log.warning("a message was refused", delivery=str(delivery.id), channel=address.channel, code=error.code)
        async with self._engine.begin() as connection:
            await heed(connection, address.id, error.why)
        state = "failed" if error.why == "content" else "undeliverable"
        return await deliveries.note(self._engine, delivery, state, error_code=error.code, error=error.reason[:500])


def fault_of(error: Exception) -> str:
    """An exception's kind and place: what it says may quote people's words and numbers."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


async def heed(connection: AsyncConnection, address_id: UUID, why: Why) -> None:
    """Keep what a refusal says about an address."""
    if why in ("blocked", "address"):
        await block(connection, address_id)
    elif why == "opted_out":
        await opt_out(connection, address_id, out=True)


def _rendered(message: RowMapping, text: str, sender: Sender, from_char: int) -> Rendered:
    buttons = [Button(**one) for one in message["buttons"]]
    links = [Link(**one) for one in message["links"]]
    rendered = render(text, buttons, links, sender.capabilities, from_char=from_char)
    reminder = any(button.payload.startswith(REMINDS) for button in buttons)
    return replace(rendered, parts=[replace(part, reminder=reminder) for part in rendered.parts])
