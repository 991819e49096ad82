"""`sportello privacy` as an administrator types it."""

import asyncio
import json
import re
from pathlib import Path
from uuid import UUID

from conftest import Query
from desk_support import new_talk
from typer.testing import CliRunner

from bot.privacy.commands import app
from bot.storage.engine import create_engine


def talk_of(*texts: str) -> UUID:
    async def make() -> UUID:
        engine = create_engine(pool_size=1)
        try:
            return await new_talk(engine, *texts)
        finally:
            await engine.dispose()

    return asyncio.run(make())


def typed(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_retention_is_counted_before_it_is_done(database: str, query: Query) -> None:
    talk_of("vecchia")
    query("UPDATE conversations SET last_message_at = now() - interval '400 days'")
    assert "       1  Conversazioni senza messaggi da tempo: dopo 365 giorni" in typed("retention", "--preview")
    assert query("SELECT count(*) FROM conversations") == [(1,)]
    assert "tolti: 1" in typed("retention")
    assert query("SELECT count(*) FROM conversations") == [(0,)]


def test_a_person_is_found_copied_and_erased(database: str, query: Query, tmp_path: Path) -> None:
    mine = talk_of("sono Ermenegilda Prova, 333 123 4567")
    assert str(mine) in typed("find", "333 123 4567")
    files = typed("export", "333 123 4567", "--folder", str(tmp_path)).split()
    assert sorted(Path(one).suffix for one in files) == [".html", ".json"]
    assert all(Path(one).stat().st_mode & 0o077 == 0 for one in files)
    data = json.loads(Path(files[0]).read_text(encoding="utf-8"))
    assert data["conversations"][0]["id"] == str(mine)
    assert "--only" in typed("erase", "Ermenegilda Prova", "--yes", code=1)
    said = typed("erase", "Ermenegilda Prova", "--only", str(mine), "--yes")
    [number] = re.findall(r"ricevuta (RC-\S+),", said)
    assert query("SELECT count(*) FROM conversations") == [(0,)]
    assert "firma buona" in typed("receipt", number)
    query("UPDATE erasures SET erased = '{}'")
    assert "FALSA" in typed("receipt", number, code=1)


def test_what_is_held_is_not_erased(database: str, query: Query) -> None:
    mine = str(talk_of("ciao"))
    typed("hold", mine, "ricorso 12")
    assert "CONSERVAZIONE OBBLIGATA" in typed("find", mine)
    assert "conservazione obbligata" in typed("erase", mine, "--yes", code=1)
    typed("release", mine)
    typed("erase", mine, "--yes")
    assert query("SELECT count(*) FROM conversations") == [(0,)]


def test_too_little_to_look_for_is_refused(database: str) -> None:
    assert "tre lettere" in typed("find", "a", code=2)
