"""Which model a start serves; the rule is told in `bot.teaching.live`."""

import asyncio
from collections.abc import Callable

from bot.launch.model import ensure_model, fingerprint
from bot.settings import Settings
from bot.storage.engine import create_engine
from bot.teaching.kept import keep_file, note_model
from bot.teaching.live import Choice, live_choice, note_start, unfit

Report = Callable[[str], None]


def model_to_serve(settings: Settings, report: Report) -> str:
    """The model's id; its file is kept. Trains when the rule asks for a model there is not, which takes minutes.

    Raises `LaunchError` when training fails.
    """
    chosen, why_not = asyncio.run(_chosen(settings))
    files = fingerprint(settings)
    if chosen is not None and not why_not and files in (chosen.files, chosen.model_id):
        if files != chosen.model_id:
            report(f"servo il modello {chosen.model_id}, messo in servizio da {chosen.chosen_by}")
        return chosen.model_id
    if chosen is not None:
        report(why_not or "i file del progetto sono cambiati: servo un modello addestrato su questi")
    # In this very thread, so that Ctrl-C ends the training too.
    path = ensure_model(settings, report)
    model_id = path.name.removesuffix(".tar.gz")
    keep_file(settings, model_id, path)
    asyncio.run(_note(settings, model_id))
    return model_id


async def _chosen(settings: Settings) -> tuple[Choice | None, str]:
    """The model last put live, and why it cannot be served now."""
    engine = create_engine(pool_size=1)
    try:
        async with engine.connect() as connection:
            chosen = await live_choice(connection)
            return chosen, await unfit(connection, settings, chosen.model_id) if chosen else ""
    finally:
        await engine.dispose()


async def _note(settings: Settings, model_id: str) -> None:
    engine = create_engine(pool_size=1)
    try:
        async with engine.begin() as connection:
            await note_model(connection, settings, model_id)
            await note_start(connection, settings, model_id)
    finally:
        await engine.dispose()
