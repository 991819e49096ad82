"""The page "Modello": which model is live, training a new one, putting it live, going back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.launch.model import fingerprint
from bot.teaching import live, runs
from bot.teaching.errors import ModelError
from bot.teaching.stock import places_serving, stocked
from console.access import needs, operator_of
from console.keys import ENGINE, KNOWLEDGE, SETTINGS
from console.operators import Operator
from console.pages import NAVIGATION, redirect, render
from console.teaching import deciding

routes = web.RouteTableDef()
NAVIGATION += [("/modello", "Modello", "supervisore")]

STAGES = {
    "waiting": "In attesa di partire",
    "copying": "Copio i file degli esempi",
    "training": "Addestro il modello nuovo",
    "comparing": "Lo confronto con quello in servizio",
}
DONE = {
    "chiesto": "L'addestramento parte: puoi lasciare questa pagina e tornare.",
    "confronto": "Il confronto parte: puoi lasciare questa pagina e tornare.",
    "annullato": "L'addestramento si ferma.",
    "servizio": "Il modello entra in servizio. Intanto risponde quello di prima: nessuno aspetta.",
    "indietro": "Torno al modello precedente. Intanto risponde quello di adesso: nessuno aspetta.",
}

Do = Callable[[AsyncConnection, Operator], Awaitable[object]]


@routes.get("/modello", name="model")
@needs("supervisore")
async def show(request: web.Request) -> web.StreamResponse:
    """Everything about models."""
    return await _page(request, "model.html", done=DONE.get(request.query.get("fatto", ""), ""))


@routes.get("/modello/stato", name="model_state")
@needs("supervisore")
async def state(request: web.Request) -> web.StreamResponse:
    """The same without the page around it, for a page that renews itself."""
    return await _page(request, "model_state.html")


async def _page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    settings = request.app[SETTINGS]
    async with request.app[ENGINE].connect() as connection:
        known = await stocked(connection, settings)
        wanted, now = await live.wanted_choice(connection), await live.live_choice(connection)
        latest = await live.latest_choices(connection, 10)
        run = await runs.open_run(connection)
        last = next((one for one in await runs.latest_runs(connection, 5) if one.ended_at is not None), None)
        expected = await runs.expected_seconds(connection)
        places = await places_serving(connection)
    files = await asyncio.to_thread(fingerprint, settings)
    found = {
        "models": known,
        "by_id": {one.id: one for one in known},
        "now": now,
        "coming": wanted if wanted is not None and wanted.live_at is None else None,
        "failed": latest[0] if latest and latest[0].failed_at else None,
        "latest": latest,
        "run": run,
        "last": last,
        "expected": expected,
        "places": places,
        "untrained": now is not None and files != now.model_id,
        "stages": STAGES,
        "problem": request.app[KNOWLEDGE].problem,
    }
    return render(request, template, status=status, **found | values)


@routes.post("/modello/addestra", name="model_train")
@needs("supervisore")
async def train(request: web.Request) -> web.StreamResponse:
    """Train on the files as they are now."""

    async def ask(connection: AsyncConnection, operator: Operator) -> None:
        await deciding.train(connection, request.app[SETTINGS], operator)

    return await _decide(request, ask, "chiesto")


@routes.post("/modello/annulla", name="model_cancel")
@needs("supervisore")
async def cancel(request: web.Request) -> web.StreamResponse:
    """Stop the training under way."""
    run_id = await _run_id(request)

    async def stop(connection: AsyncConnection, operator: Operator) -> None:
        await deciding.cancel(connection, operator, run_id)

    return await _decide(request, stop, "annullato")


@routes.post("/modello/confronta", name="model_compare")
@needs("supervisore")
async def compare(request: web.Request) -> web.StreamResponse:
    """Compare an existing model with the live one."""
    model_id = await _field(request, "modello")

    async def ask(connection: AsyncConnection, operator: Operator) -> None:
        await deciding.compare(connection, request.app[SETTINGS], operator, model_id)

    return await _decide(request, ask, "confronto")


@routes.post("/modello/servizio", name="model_live")
@needs("supervisore")
async def put_live(request: web.Request) -> web.StreamResponse:
    """Put a model live that was compared; a worse one only with a reason."""
    model_id, reason = await _field(request, "modello"), await _field(request, "motivo")

    async def choose(connection: AsyncConnection, operator: Operator) -> None:
        await deciding.put_live(connection, request.app[SETTINGS], operator, model_id, reason=reason)

    return await _decide(request, choose, "servizio")


@routes.post("/modello/indietro", name="model_back")
@needs("supervisore")
async def go_back(request: web.Request) -> web.StreamResponse:
    """Go back to the model that was live before."""

    async def choose(connection: AsyncConnection, operator: Operator) -> None:
        await deciding.roll_back(connection, request.app[SETTINGS], operator)

    return await _decide(request, choose, "indietro")


async def _decide(request: web.Request, do: Do, done: str) -> web.StreamResponse:
    """Do it in one transaction with its entry in the audit log; what cannot be done is said on the page."""
    try:
        async with request.app[ENGINE].begin() as connection:
            await do(connection, operator_of(request))
    except ModelError as error:
        return await _page(request, "model.html", status=422, error=str(error))
    return redirect(f"/modello?fatto={done}")


async def _field(request: web.Request, name: str) -> str:
    return str((await request.post()).get(name, "")).strip()[:2000]


async def _run_id(request: web.Request) -> UUID:
    try:
        return UUID(await _field(request, "addestramento"))
    except ValueError:
        raise web.HTTPBadRequest from None
