"""`sportello doctor`: for every channel whether it is configured, whether it answers, whether its messages come here."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from bot.settings import Settings
from bot.storage.engine import create_engine
from channels.capabilities import CHANNELS
from channels.senders import NEEDED, close_all, create_senders

PROBLEM = "problema"
TITLES = {"webchat": "chat sul sito", "telegram": "Telegram", "whatsapp": "WhatsApp", "sms": "SMS"}
PATIENCE = aiohttp.ClientTimeout(total=10)
DETAIL_CHARS = 300


@dataclass(frozen=True)
class Finding:
    """One line about one channel."""

    channel: str
    text: str

    @property
    def is_problem(self) -> bool:
        """Whether somebody has to do something."""
        return self.text.startswith(PROBLEM)


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Everything about every channel, one line at a time."""
    for line in await _webchat(settings):
        yield Finding("webchat", line)
    # Nothing is read from it to examine a channel: it need not be running.
    engine = create_engine(pool_size=1) if settings.database_url else None
    senders = create_senders(settings, engine)
    try:
        for name in CHANNELS:
            if name == "webchat":
                continue
            if name not in senders:
                yield Finding(name, f"non configurato (manca {NEEDED[name]})")
                continue
            for line in await senders[name].check():
                yield Finding(name, line)
    finally:
        await close_all(senders)
        if engine is not None:
            await engine.dispose()


async def _webchat(settings: Settings) -> list[str]:
    """The chat is always there: whether the edge answers here, and at the address citizens are given."""
    host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::", "") else settings.http_host
    here, public = f"http://{host}:{settings.http_port}", settings.public_url.rstrip("/")
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        reason = await _health(session, here)
        found = [f"{PROBLEM}: non raggiungibile su {here} ({reason})" if reason else f"raggiungibile su {here}"]
        if public == here:
            return [*found, f"l'indirizzo per i cittadini è solo di questo computer: {public} (SPORTELLO_PUBLIC_URL)"]
        reason = await _health(session, public)
        where = f"SPORTELLO_PUBLIC_URL ({public})"
        return [*found, f"{PROBLEM}: {where} non porta qui ({reason})" if reason else f"{where} porta qui"]


async def _health(session: aiohttp.ClientSession, base: str) -> str:
    """Empty when the edge is well; else why not."""
    try:
        async with session.get(f"{base}/health") as answer:
            return "" if answer.status == 200 and await _is_ours(answer) else f"risponde {answer.status}"
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return (str(error) or type(error).__name__)[:DETAIL_CHARS]


async def _is_ours(answer: aiohttp.ClientResponse) -> bool:
    return bool((await answer.json()).get("status") == "ok")
