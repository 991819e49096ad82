"""Which model is live: choices, their guards, what a start serves, what is kept; training runs in their table.

Longer than most: all of it is the life of one small trained project, made once for the module.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from conftest import Query
from model_support import Shelf
from small_project import add_examples, make_small_project
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.launch import start
from bot.launch.model import fingerprint, program
from bot.settings import Settings, get_settings
from bot.storage.engine import create_engine
from bot.teaching import lessons, live, runs
from bot.teaching.changes import Change, read
from bot.teaching.errors import BusyError, ModelError, NotComparedError, WorseError
from bot.teaching.kept import KEPT, model_file, prune
from bot.teaching.material import check_material, copy_material, examples_in, topics_in
from bot.teaching.regression import read_cases

REASON = "lo decide chi coordina il servizio"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project; tests that change it take a copy."""
    return make_small_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def settings(tmp_path: Path, database: str, project: Path, configure: Callable[..., None]) -> Settings:
    """Settings as they are for every process of a system of the test's own."""
    configure(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", project_dir=project, encoder="small")
    return get_settings()


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(pool_size=3)
    yield made
    await made.dispose()


@pytest.fixture
async def shelf(settings: Settings, engine: AsyncEngine) -> Shelf:
    return Shelf(engine, settings)


async def put_live(shelf: Shelf, model_id: str, **values: Any) -> None:
    async with shelf.engine.begin() as connection:
        await live.put_live(connection, shelf.settings, model_id, chosen_by="anna", **values)


async def roll_back(shelf: Shelf) -> str:
    async with shelf.engine.begin() as connection:
        return (await live.roll_back(connection, shelf.settings, chosen_by="anna")).model_id


# --- choices ----------------------------------------------------------------------------------------------------------


async def test_a_compared_model_is_put_live_and_taken_back(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.add("new")
    await shelf.start_with("old")
    await shelf.compared("new", "old", right_after=4)
    await put_live(shelf, "new")
    async with shelf.engine.connect() as connection:
        assert (await live.live_choice(connection)).model_id == "old"  # type: ignore[union-attr]
        assert (await live.wanted_choice(connection)).model_id == "new"  # type: ignore[union-attr]
    await shelf.carried_out()
    assert await roll_back(shelf) == "old"
    await shelf.carried_out()
    assert await roll_back(shelf) == "new"


async def test_a_model_nobody_compared_with_the_live_one_is_not_put_live(shelf: Shelf) -> None:
    for one in ("old", "other", "new"):
        await shelf.add(one)
    await shelf.start_with("old")
    await shelf.compared("new", "other")
    with pytest.raises(NotComparedError, match="confronta"):
        await put_live(shelf, "new")


async def test_a_worse_model_needs_a_reason(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.add("new")
    await shelf.start_with("old")
    await shelf.compared("new", "old", right_after=2)
    for reason in ("", "   ", "boh"):
        with pytest.raises(WorseError, match="ne capisce 2, quello in servizio 3"):
            await put_live(shelf, "new", reason=reason)
    await put_live(shelf, "new", reason=REASON)


async def test_the_last_comparison_counts(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.add("new")
    await shelf.start_with("old")
    await shelf.compared("new", "old", right_after=2)
    await shelf.compared("new", "old", right_after=3)
    await put_live(shelf, "new")


@pytest.mark.parametrize(
    ("values", "missing", "said"),
    [
        ({"program": "another"}, False, "altra versione del programma"),
        ({}, True, "Il file di questo modello non c'è più"),
        ({"topics": ["did", "inventato"]}, False, "«inventato», che non ha più una risposta"),
    ],
)
async def test_a_model_that_cannot_be_served_is_refused(
    shelf: Shelf, values: dict[str, Any], missing: bool, said: str
) -> None:
    await shelf.add("old")
    await shelf.add("new", **values)
    await shelf.start_with("old")
    await shelf.compared("new", "old")
    if missing:
        model_file(shelf.settings, "new").unlink()
    with pytest.raises(ModelError, match=said):
        await put_live(shelf, "new")


async def test_nothing_is_chosen_while_a_choice_is_being_carried_out(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.add("new")
    await shelf.start_with("old")
    await shelf.compared("new", "old")
    results = await asyncio.gather(put_live(shelf, "new"), put_live(shelf, "new"), return_exceptions=True)
    [refused] = [one for one in results if one is not None]
    assert "sta già entrando in servizio" in str(refused)


async def test_a_choice_that_fails_leaves_the_one_before(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.add("new")
    await shelf.start_with("old")
    await shelf.compared("new", "old")
    await put_live(shelf, "new")
    async with shelf.engine.begin() as connection:
        choice = await live.wanted_choice(connection)
        assert choice is not None
        await live.note_failure(connection, choice.seq, "non parte")
        assert (await live.wanted_choice(connection)).model_id == "old"  # type: ignore[union-attr]
        assert await live.previous_model(connection) is None
    await put_live(shelf, "new")


async def test_there_is_nothing_to_go_back_to_at_first(shelf: Shelf) -> None:
    await shelf.add("old")
    await shelf.start_with("old")
    with pytest.raises(ModelError, match="Non c'è un modello precedente"):
        await roll_back(shelf)


# --- what a start serves ----------------------------------------------------------------------------------------------


@pytest.fixture
def own_project(settings: Settings, project: Path, tmp_path: Path, configure: Callable[..., None]) -> Path:
    """A copy of the project that may be changed."""
    import shutil

    copied = tmp_path / "project"
    shutil.copytree(project, copied)
    configure(project_dir=copied)
    return copied


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What a start would serve; a training takes no time and makes a file that is no model."""

    def train(settings: Settings, report: object) -> Path:
        path = settings.models_dir / f"{fingerprint(settings)}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no model")
        return path

    monkeypatch.setattr(start, "ensure_model", train)
    # In a thread: a start has no event loop yet.
    return lambda: start.model_to_serve(get_settings(), lambda line: None)


async def restarted(served: Callable[[], str]) -> str:
    return await asyncio.to_thread(served)


async def test_the_first_start_serves_the_model_of_the_files(
    own_project: Path, served: Callable[[], str], query: Query
) -> None:
    model_id = await restarted(served)
    assert model_id == fingerprint(get_settings())
    assert model_file(get_settings(), model_id).exists()
    assert query("SELECT model_id, how, live_at IS NOT NULL FROM model_choices") == [(model_id, "start", True)]
    assert await restarted(served) == model_id
    assert query("SELECT count(*) FROM model_choices") == [(1,)]


async def test_a_start_serves_what_people_chose_although_the_files_were_taught_since(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    shelf = Shelf(engine, get_settings())
    first = await restarted(served)
    await shelf.add("chosen")
    await shelf.compared("chosen", first)
    await put_live(shelf, "chosen")
    await shelf.carried_out()
    assert await restarted(served) == "chosen"
    async with engine.begin() as connection:
        assert await live.files_known(connection, shelf.settings)
        add_examples(own_project, "faq/did", ["insegnata dalla console"])
        await live.know_files(connection, shelf.settings)
    assert await restarted(served) == "chosen"


async def test_a_start_after_a_rollback_serves_what_was_gone_back_to(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    shelf = Shelf(engine, get_settings())
    first = await restarted(served)
    add_examples(own_project, "faq/did", ["insegnata"])
    await shelf.add("new")
    await shelf.compared("new", first)
    await put_live(shelf, "new")
    await shelf.carried_out()
    assert await roll_back(shelf) == first
    await shelf.carried_out()
    assert await restarted(served) == first


async def test_a_start_trains_on_files_that_changed_otherwise(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    shelf = Shelf(engine, get_settings())
    first = await restarted(served)
    add_examples(own_project, "faq/did", ["arrivata con una nuova versione"])
    async with engine.connect() as connection:
        assert not await live.files_known(connection, shelf.settings)
    second = await restarted(served)
    assert second == shelf.files() != first


async def test_what_was_trained_and_not_put_live_does_not_go_live_by_a_start(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    first = await restarted(served)
    add_examples(own_project, "faq/did", ["scritta a mano e poi addestrata dalla console"])
    async with engine.begin() as connection:
        await runs.ask_run(connection, get_settings(), asked_by="anna")
    assert await restarted(served) == first


async def test_a_start_of_another_program_does_not_serve_a_model_of_this_one(
    own_project: Path, served: Callable[[], str]
) -> None:
    first = await restarted(served)
    rules = own_project / "nlu_data" / "rules" / "rules.yml"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# another rule\n", encoding="utf-8")
    assert await restarted(served) == fingerprint(get_settings()) != first


async def test_a_choice_that_was_not_carried_out_is_not_served_at_once(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    """It may be one that cannot be served at all: it enters as any other, beside the one that works."""
    shelf = Shelf(engine, get_settings())
    first = await restarted(served)
    await shelf.add("new")
    await shelf.compared("new", first)
    await put_live(shelf, "new")
    assert await restarted(served) == first


# --- fingerprints and material ----------------------------------------------------------------------------------------


def test_examples_change_the_model_and_rules_the_program(own_project: Path) -> None:
    settings = get_settings()
    model, own = fingerprint(settings), program(settings)
    add_examples(own_project, "greet", ["salve salvino"])
    assert fingerprint(settings) != model
    assert program(settings) == own
    domain = own_project / "domain.yml"
    domain.write_text(domain.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    assert program(settings) != own


def test_topics_and_examples_are_counted(own_project: Path) -> None:
    before = examples_in(own_project)
    add_examples(own_project, "faq/did", ["una", "due"])
    assert examples_in(own_project) == before + 2
    assert {"did", "naspi-discoll"} <= topics_in(own_project)
    assert "greet" not in topics_in(own_project)


def test_a_topic_without_an_answer_is_not_trained(own_project: Path) -> None:
    check_material(own_project)
    path = own_project / "nlu_data" / "faq" / "inventato.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: faq/inventato\n  examples: |\n    - ciao\n', encoding="utf-8")
    with pytest.raises(ModelError, match="«inventato» ha esempi ma non ha una risposta"):
        check_material(own_project)
    services = own_project / "bot" / "knowledge" / "data" / "services"
    text = (services / "did.yml").read_text(encoding="utf-8").replace("id: did\n", "id: inventato\n")
    (services / "inventato.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"«inventato» ha esempi ma manca in nlu_data/responses\.yml"):
        check_material(own_project)


async def test_the_copy_is_of_one_moment(own_project: Path, tmp_path: Path) -> None:
    settings = get_settings()

    async def write() -> None:
        for n in range(4):
            await asyncio.sleep(0.15)
            add_examples(own_project, "faq/did", [f"scritta {n}"])

    copied, _ = await asyncio.gather(copy_material(settings, tmp_path / "copy"), write())
    assert fingerprint(copied) == fingerprint(settings)
    assert [case.text for case in read_cases(copied.project_dir)] == [f"scritta {n}" for n in range(4)]


# --- runs -------------------------------------------------------------------------------------------------------------


async def ask(shelf: Shelf, **values: Any) -> UUID:
    async with shelf.engine.begin() as connection:
        return await runs.ask_run(connection, shelf.settings, asked_by="anna", **values)


async def test_one_run_at_a_time_also_when_two_people_ask_at_once(shelf: Shelf) -> None:
    results = await asyncio.gather(*(ask(shelf) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["BusyError"] * 3 + ["UUID"]
    with pytest.raises(BusyError, match="già in corso"):
        await ask(shelf)


async def test_a_waiting_run_is_taken_once(shelf: Shelf) -> None:
    run_id = await ask(shelf)

    async def claim(place: str) -> UUID | None:
        async with shelf.engine.begin() as connection:
            return await runs.claim_run(connection, place)

    assert sorted(map(str, await asyncio.gather(claim("a"), claim("b")))) == sorted([str(run_id), "None"])


async def test_a_waiting_run_is_cancelled_at_once_and_one_under_way_by_whoever_carries_it_out(
    shelf: Shelf, query: Query
) -> None:
    async with shelf.engine.begin() as connection:
        first = await runs.ask_run(connection, shelf.settings, asked_by="anna")
        assert await runs.ask_cancel(connection, first)
        assert not await runs.ask_cancel(connection, first)
        second = await runs.ask_run(connection, shelf.settings, asked_by="anna")
        await runs.claim_run(connection, "here")
    query("INSERT INTO model_servers (place, url, model_id) VALUES ('here', 'http://x', 'm')")
    async with shelf.engine.begin() as connection:
        assert await runs.ask_cancel(connection, second)
        run = await runs.open_run(connection)
        assert run is not None
        assert run.cancel_asked_at is not None
    query("UPDATE model_servers SET seen_at = now() - interval '5 minutes'")
    async with shelf.engine.begin() as connection:
        assert await runs.ask_cancel(connection, second)
        assert await runs.open_run(connection) is None


async def test_what_a_start_finds_half_done_is_over_and_says_so(shelf: Shelf) -> None:
    run_id = await ask(shelf)
    async with shelf.engine.begin() as connection:
        await runs.claim_run(connection, "here")
        await runs.end_interrupted(connection, "elsewhere")
        assert await runs.open_run(connection) is not None
        await runs.end_interrupted(connection, "here")
        run = await runs.run_of(connection, run_id)
    assert run is not None
    assert (run.state, run.failure) == ("failed", runs.INTERRUPTED)


# --- files that are kept ----------------------------------------------------------------------------------------------


async def test_the_oldest_files_go_and_the_needed_ones_stay(shelf: Shelf) -> None:
    ids = [await shelf.add(f"m{n}") for n in range(KEPT + 4)]
    await shelf.start_with("m0")
    async with shelf.engine.begin() as connection:
        gone = await prune(connection, shelf.settings, keep={"m0", "m2"})
    assert sorted(gone) == ["m1", "m3"]
    assert [one for one in ids if not model_file(shelf.settings, one).exists()] == ["m1", "m3"]
    async with shelf.engine.begin() as connection:
        assert await prune(connection, shelf.settings, keep={"m0", "m2"}) == []
        assert "non c'è più" in await live.unfit(connection, shelf.settings, "m1")


async def test_a_lesson_on_known_files_leaves_them_known_and_one_on_others_does_not(
    own_project: Path, served: Callable[[], str], engine: AsyncEngine
) -> None:
    first = await restarted(served)

    async def teach(text: str) -> None:
        def propose(root: Path) -> lessons.Proposal:
            name = "nlu_data/faq/did.yml"
            before = read(root, name) or ""
            change = Change(path=name, before=before, after=f"{before.rstrip()}\n    - {text}\n")
            return lessons.Proposal(kind="examples", title="Prova", changes=(change,), intent="faq/did")

        shown = propose(own_project).digest
        await lessons.teach(engine, own_project, propose, shown=shown, author=lessons.Author(name="sara"))

    await teach("insegnata")
    assert await restarted(served) == first
    add_examples(own_project, "faq/did", ["cambiata da fuori"])
    await teach("insegnata dopo")
    assert await restarted(served) == fingerprint(get_settings()) != first
