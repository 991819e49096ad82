"""The knowledge follows its files, in every process, without a restart; files that are wrong change nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from conftest import Query
from console_support import SignIn
from support import free_port, until

from bot.knowledge import get_knowledge
from bot.knowledge.files import FOLDER, replace_texts
from bot.knowledge.fresh import Follower
from bot.knowledge.names import named_services
from bot.knowledge.places import read_place
from bot.settings import ROOT, get_settings


@pytest.fixture
def folder(tmp_path: Path, configure: Callable[..., None]) -> Iterator[Path]:
    """The knowledge files of a project of the test's own, known to this process as they are now."""
    shutil.copytree(ROOT / FOLDER, tmp_path / "project" / FOLDER)
    configure(project_dir=tmp_path / "project")
    replace_texts(None)
    get_knowledge()
    yield tmp_path / "project" / FOLDER
    get_settings.cache_clear()
    replace_texts(None)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def retitle(folder: Path, title: str) -> None:
    path = folder / "services" / "did.yml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(f"title: {title}\n" if one.startswith("title:") else one for one in lines))


async def looked(follower: Follower) -> bool:
    """Whether anything was taken over: a change counts at the second look that finds it unchanged."""
    return [await follower.look(), await follower.look()][1]


async def test_a_changed_answer_is_known_at_the_second_look(folder: Path) -> None:
    follower = Follower()
    assert not await looked(follower)
    retitle(folder, "Detta altrimenti")
    assert not await follower.look()
    assert get_knowledge().services["did"].title != "Detta altrimenti"
    assert await follower.look()
    assert get_knowledge().services["did"].title == "Detta altrimenti"
    assert not await looked(follower)


async def test_names_and_places_follow_too(folder: Path) -> None:
    follower = Follower()
    assert named_services("parlami della tiritera") == []
    assert read_place("abito a Borgofantasia").municipality is None
    change(folder / "service_names.yml", "did: [did,", "did: [did, tiritera,")
    change(folder / "places.yml", "short_names:\n", "short_names:\n  Cuneo: [Borgofantasia]\n")
    assert await looked(follower)
    assert [one.id for one in named_services("parlami della tiritera")] == ["did"]
    assert read_place("abito a Borgofantasia").municipality == "Cuneo"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("services/did.yml", "title: [", "services/did.yml"),
        ("services/did.yml", "id: did\n", "did.yml: title"),
        ("service_names.yml", "did: did\n", "service_names.yml"),
        ("places.yml", "short_names: {}\n", "places.yml"),
        ("centres.yml", "centres: 3\n", "centres.yml"),
        ("centres.yml", "[]", "centres.yml"),
        ("municipalities.csv", "municipality\nCuneo\n", "municipalities.csv"),
    ],
)
async def test_wrong_files_change_nothing_and_are_named(folder: Path, name: str, text: str, said: str) -> None:
    follower = Follower()
    before = get_knowledge()
    kept = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    assert not await looked(follower)
    assert said in follower.problem
    assert get_knowledge() is before
    (folder / name).write_text(kept, encoding="utf-8")
    assert not await looked(follower)
    assert follower.problem == ""


async def test_a_missing_folder_changes_nothing(folder: Path) -> None:
    follower = Follower()
    shutil.rmtree(folder)
    assert not await looked(follower)
    assert "il file manca" in follower.problem
    assert "did" in get_knowledge().services


async def test_the_console_shows_a_changed_title(folder: Path, console: TestServer, signed_in: SignIn) -> None:
    anna = await signed_in()
    await anna.page("/")
    retitle(folder, "Detta altrimenti")

    async def shown() -> bool:
        return "Detta altrimenti" in await anna.page("/")

    await until(shown, within=10, every=0.3)


# --- the action server, a process of its own --------------------------------------------------------------------------


Ask = Callable[[], Awaitable[str]]


@pytest.fixture
def actions_port(folder: Path, database: str, tmp_path: Path) -> Iterator[int]:
    """Where the action server listens."""
    port = free_port()
    with (tmp_path / "actions.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "actions.serve"],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env=os.environ | {"SPORTELLO_ACTIONS_PORT": str(port)},
        )
    yield port
    process.terminate()
    process.wait(15)


@pytest.fixture
async def answer(actions_port: int, tmp_path: Path) -> AsyncIterator[Ask]:
    """Asks the action server for the answer about the DID."""
    call = {
        "next_action": "action_answer_topic",
        "sender_id": "x",
        "tracker": {
            "sender_id": "x",
            "slots": {},
            "latest_message": {"text": "did", "intent": {"name": "faq/did"}, "entities": []},
            "events": [],
            "paused": False,
            "active_loop": {},
        },
    }
    async with aiohttp.ClientSession(f"http://127.0.0.1:{actions_port}") as session:

        async def ask() -> str:
            async with session.post("/webhook", json=call) as response:
                return str((await response.json())["responses"][0]["text"])

        async def up() -> bool:
            try:
                return bool(await ask())
            except aiohttp.ClientConnectionError:
                return False

        await until(up, within=60, every=0.2)
        yield ask


async def test_the_action_server_answers_from_the_files_as_they_are(folder: Path, answer: Ask, query: Query) -> None:
    path = folder / "services" / "did.yml"
    kept = path.read_text(encoding="utf-8")
    assert "Frase di prova" not in await answer()
    path.write_text("id: [", encoding="utf-8")
    await until(lambda: query("SELECT count(*) FROM incidents WHERE \"where\" = 'knowledge'") == [(1,)], within=15)
    before = await answer()
    assert before
    start = kept.index("answer:")
    end = kept.index("\n", start)
    while kept[end + 1] == " ":
        end = kept.index("\n", end + 1)
    path.write_text(kept[:start] + "answer: Frase di prova." + kept[end:], encoding="utf-8")

    async def changed() -> bool:
        return "Frase di prova." in await answer()

    await until(changed, within=10, every=0.3)
    assert query("SELECT count(*) FROM incidents") == [(1,)]
