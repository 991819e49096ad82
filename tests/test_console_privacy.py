"""Requests about one's data at the console: found, copied, erased with a receipt, held by law."""

import re
from uuid import UUID

from booked import Agenda
from conftest import Query
from console_support import SignIn
from desk_support import new_talk
from sqlalchemy.ext.asyncio import AsyncEngine
from test_erasing import life, traces

REASON = "richiesta del 2 marzo"


async def test_others_than_administrators_find_a_closed_door(signed_in: SignIn) -> None:
    sara = await signed_in("sara", "supervisore")
    assert (await sara.get("/privacy")).status == 403
    assert (await sara.post("/privacy/cerca", {"chi": "Rossi", "motivo": REASON})).status == 403


async def test_a_person_is_found_copied_and_erased(
    signed_in: SignIn, engine: AsyncEngine, agenda: Agenda, query: Query, database: str
) -> None:
    ada = await signed_in("ada", "amministratore")
    mine = await new_talk(engine)
    await life(engine, agenda, query, mine)
    asked = {"chi": "333 123 4567", "motivo": REASON}
    found = await (await ada.post("/privacy/cerca", asked)).text()
    assert f'value="{mine}"' in found
    [appointment] = re.findall(r'name="appuntamento" value="([0-9a-f-]{36})"', found)
    chosen = {"conversazione": str(mine), "appuntamento": appointment, "motivo": REASON}
    copied = await ada.post("/privacy/esporta", chosen | {"formato": "json"})
    assert copied.headers["Content-Disposition"].startswith("attachment")
    assert "Quondamatteo" in await copied.text()
    assert "Cancelli per sempre?" in await (await ada.post("/privacy/conferma", chosen)).text()
    assert (await ada.post("/privacy/cancella", chosen)).status == 422
    done = await ada.post("/privacy/cancella", chosen | {"conferma": "si"})
    assert done.status == 303
    receipt = await ada.page(done.headers["Location"])
    assert "La firma è buona" in receipt
    assert "1 conversazioni" in receipt
    assert traces(database) == {}
    assert "niente su questa persona" in await (await ada.post("/privacy/cerca", asked)).text()
    actions = [row[0] for row in query("SELECT action FROM console_audit WHERE subject <> '' ORDER BY seq")]
    for action in ("ricerca di una persona", "copia dei dati", "cancellazione"):
        assert action in actions
    notes = query("SELECT count(*) FROM console_audit WHERE note IS NOT NULL AND subject LIKE %s", f"%{mine}%")
    assert notes == [(0,)]


async def test_a_reason_is_needed(signed_in: SignIn) -> None:
    ada = await signed_in("ada", "amministratore")
    assert (await ada.post("/privacy/cerca", {"chi": "Rossi", "motivo": " "})).status == 422


async def test_what_is_looked_for_is_not_in_the_log(signed_in: SignIn, query: Query) -> None:
    ada = await signed_in("ada", "amministratore")
    await ada.post("/privacy/cerca", {"chi": "Ermenegilda Rossi", "motivo": REASON})
    assert query("SELECT count(*) FROM console_audit a WHERE a::text ILIKE '%%ermenegilda%%'") == [(0,)]


async def test_a_hold_keeps_a_conversation(signed_in: SignIn, talk: UUID, query: Query) -> None:
    ada = await signed_in("ada", "amministratore")
    placed = {"conversazione": str(talk), "motivo": "ricorso 12", "azione": "metti"}
    assert (await ada.post("/privacy/vincolo", placed)).status == 303
    erase = {"conversazione": str(talk), "motivo": REASON, "conferma": "si"}
    refused = await ada.post("/privacy/cancella", erase)
    assert refused.status == 409
    assert "si conserva" in await refused.text()
    assert (await ada.post("/privacy/vincolo", placed | {"azione": "togli"})).status == 303
    assert (await ada.post("/privacy/cancella", erase)).status == 303
    assert query("SELECT count(*) FROM conversations") == [(0,)]


async def test_the_next_night_is_announced(signed_in: SignIn, talk: UUID, query: Query) -> None:
    ada = await signed_in("ada", "amministratore")
    query("UPDATE conversations SET last_message_at = now() - interval '400 days'")
    page = await ada.page("/privacy")
    row = re.search(r"<tr><td>Conversazioni senza messaggi da tempo</td>(.*?)</tr>", page)
    assert row
    assert "<td>365</td><td>1</td>" in row[1]
