"""Accounts and the audit log, for administrators."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from console import audit
from console.access import needs, operator_of
from console.accounts import (
    AccountError,
    account_of,
    add_account,
    all_accounts,
    change_account,
    valid_centres,
    valid_role,
)
from console.keys import ENGINE, SETTINGS
from console.operators import TITLES
from console.pages import NAVIGATION, redirect, render
from console.second_factor import switch_off
from console.setup_links import make_link
from console.transcripts import labels

DETAILS = {"method": "modo", "role": "ruolo", "found": "trovate", "filters": "filtri", "messages": "messaggi"}
"""Names of details that are not Italian words."""
routes = web.RouteTableDef()
NAVIGATION += [("/accessi", "Accessi", "amministratore"), ("/registro", "Registro", "amministratore")]
DONE = {
    "cambiato": "Fatto: l'accesso è cambiato, e le sue sessioni sono chiuse.",
    "codice": "Fatto: il codice è tolto.",
}
ENTRIES = 100


@routes.get("/accessi", name="accounts")
@needs("amministratore")
async def show(request: web.Request) -> web.StreamResponse:
    """Every account."""
    return await _page(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    async with request.app[ENGINE].connect() as connection:
        known = await all_accounts(connection)
    given = {"invitation": "", "form": {}} | values
    return render(
        request, "accounts.html", status=status, accounts=known, titles=TITLES, centres=labels.centres(), **given
    )


@routes.post("/accessi", name="account_add")
@needs("amministratore")
async def add(request: web.Request) -> web.StreamResponse:
    """A new account; its invitation is shown once, to be given to the person."""
    form = await request.post()
    try:
        async with request.app[ENGINE].begin() as connection:
            role = valid_role(str(form.get("role", "")))
            account_id = await add_account(
                connection,
                username=str(form.get("username", "")),
                name=str(form.get("name", "")),
                role=role,
                centres=[str(one) for one in form.getall("centre", [])],
            )
            link = await make_link(connection, request.app[SETTINGS], account_id)
            subject = f"account:{account_id}"
            await audit.record(connection, operator_of(request), "accesso creato", subject, role=role)
    except AccountError as error:
        return await _page(request, status=422, error=str(error), form=dict(form))
    return await _page(request, invitation=link)


@routes.post("/accessi/{id}", name="account_change")
@needs("amministratore")
async def change(request: web.Request) -> web.StreamResponse:
    """Role, centres, on or off, a new invitation, without the second factor: as the button pressed says."""
    form = await request.post()
    try:
        async with request.app[ENGINE].begin() as connection:
            link = await _changed(connection, request, form)
    except AccountError as error:
        return await _page(request, status=422, error=str(error))
    return await _page(request, invitation=link) if link else redirect("/accessi?fatto=cambiato")


async def _changed(connection: AsyncConnection, request: web.Request, form: Any) -> str:
    try:
        account = await account_of(connection, UUID(request.match_info["id"]))
    except ValueError:
        account = None
    if account is None:
        raise web.HTTPNotFound
    account_id, subject, what = account["id"], f"account:{account['id']}", str(form.get("azione", ""))
    operator, link = operator_of(request), ""
    detail: dict[str, Any] = {}
    if what == "salva":
        centres = valid_centres(str(one) for one in form.getall("centre", []))
        detail = {"role": valid_role(str(form.get("role", ""))), "centres": centres}
        await change_account(connection, account_id, **detail)
    elif what == "invito":
        link = await make_link(connection, request.app[SETTINGS], account_id)
    elif what == "codice":
        await switch_off(connection, account_id)
    elif what in ("disattiva", "riattiva"):
        await change_account(connection, account_id, disabled_at=func.now() if what == "disattiva" else None)
    else:
        raise web.HTTPBadRequest
    await audit.record(connection, operator, f"accesso: {what}", subject, **detail)
    return link


@routes.get("/registro", name="audit_log")
@needs("amministratore")
async def log(request: web.Request) -> web.StreamResponse:
    """The audit log, the newest first."""
    before, who = request.query.get("prima", ""), request.query.get("chi", "")
    subject, action = request.query.get("oggetto", "")[:80], request.query.get("azione", "")[:40]
    async with request.app[ENGINE].connect() as connection:
        known = await all_accounts(connection)
        rows = await audit.entries(
            connection,
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
            subject=subject,
            account_id=next((one["id"] for one in known if str(one["id"]) == who), None),
            action=action,
            most=ENTRIES,
        )
    entries = [dict(row) | {"note": audit.opened_note(row), "detail": _in_words(row["detail"])} for row in rows]
    older = rows[-1]["seq"] if len(rows) == ENTRIES else None
    asked = {"chi": who, "oggetto": subject, "azione": action}
    return render(request, "audit.html", entries=entries, accounts=known, older=older, asked=asked, verified=None)


def _in_words(detail: Mapping[str, object]) -> str:
    """What an entry says besides, as operators read it; what is empty is left out."""
    said = []
    for name, value in detail.items():
        words = (
            _in_words(value) if isinstance(value, Mapping) else ", ".join(value) if isinstance(value, list) else value
        )
        if words or words == 0:
            said.append(f"{DETAILS.get(name, name.replace('_', ' '))}: {'sì' if words is True else words}")
    return "; ".join(said)


@routes.post("/registro/verifica", name="audit_verify")
@needs("amministratore")
async def check(request: web.Request) -> web.StreamResponse:
    """Walk the chain now."""
    expected = str((await request.post()).get("punto", "")).strip()[:60]
    async with request.app[ENGINE].connect() as connection:
        wrong, anchor = await audit.verify(connection, expected=expected)
    async with request.app[ENGINE].begin() as connection:
        await audit.record(connection, operator_of(request), "registro verificato", "", errori=len(wrong))
    return render(request, "audit_check.html", wrong=wrong[:50], anchor=anchor)
