"""Talks about appointments through the web chat API, with the whole system started on Monday 2 March 2026, 9 o'clock.

`tests/talks/*.yml`, one file a family. Each turn: `citizen` (words) or `button` (the start of a title just shown); then
`says` and `never` (what the answer must and must not contain), `buttons` (starts of titles). `book:` before a talk says which
appointments it starts with. `{code}` is the code said last in this talk, `{code_spoken}` the same as "a7k 3f9".
"""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from support import Chat
from talker import Talker
from whole_system import System

from bot.clock import ROME
from bot.dialogue.payloads import make_payload
from bot.knowledge.readability import gulpease

TALKS = [
    pytest.param(turns, id=f"{path.stem}: {name}")
    for path in sorted((Path(__file__).parent / "talks").glob("*.yml"))
    for name, turns in yaml.safe_load(path.read_text(encoding="utf-8")).items()
]

pytestmark = [pytest.mark.model, pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture
async def client(rehearsal: System) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(rehearsal.url, timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


@pytest.mark.parametrize("turns", TALKS)
async def test_a_talk_goes_as_written(client: aiohttp.ClientSession, turns: list[dict[str, Any]]) -> None:
    talker = Talker(await Chat.open(client))
    code = ""
    for turn in turns:
        if turn.get("new_conversation"):
            code = talker.code
            talker = Talker(await Chat.open(client))
            talker.code = code
            continue
        if "button" in turn:
            said = await talker.press(turn["button"])
        else:
            said = await talker.say(
                text=turn["citizen"].replace("{code_spoken}", spoken(talker.code)).replace("{code}", talker.code)
            )
        where = f"{turn}\n--> {said}\n    {[one['title'] for one in talker.shown]}"
        for words in turn.get("says", []):
            assert words.lower() in said.lower(), where
        for words in turn.get("never", []):
            assert words.lower() not in said.lower(), where
        titles = [one["title"].lower() for one in talker.shown]
        for title in turn.get("buttons", []):
            assert any(shown.startswith(title.lower()) for shown in titles), where
        if turn.get("links"):
            assert [link["title"] for link in talker.links] == turn["links"], where
        if not turn.get("aside"):
            assert gulpease(said) >= 50, f"{gulpease(said):.0f} {where}"


def spoken(code: str) -> str:
    return code.lower().replace("-", " ")


def test_there_are_talks() -> None:
    assert len(TALKS) >= 100


async def test_a_button_that_proposes_a_place_takes_that_place(client: aiohttp.ClientSession) -> None:
    """As in the message that an operator had to cancel: the button carries service and place."""
    talker = Talker(await Chat.open(client))
    await talker.say(text="appuntamento in video per il curriculum a Cuneo")
    await talker.press("Il prima possibile")
    title = talker.shown[0]["title"]
    found = re.fullmatch(r"\w+ (\d+) mar, (\d+):(\d+)", title)
    assert found, title
    day, hour, minute = map(int, found.groups())
    starts = int(datetime(2026, 3, day, hour, minute, tzinfo=ROME).timestamp())
    other = Talker(await Chat.open(client))
    button = make_payload("book_appointment", bookable="orientamento-cv", slot=f"video.1.{starts}.cuneo")
    said = await other.say(payload=button)
    assert f"alle {hour}" in said and "Tengo per te" in said and "Cuneo" in said, said
    assert "A che nome" in said
