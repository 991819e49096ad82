"""The widget: its size, and how quick it is in Chromium on a server that only plays the web chat API.

python -m bench.widget [--messages N] [--json FILE]
"""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web

from channels import pages
from channels.widget import bundle

CHROMIUM = Path("/usr/bin/chromium")
BATCH = 200
PRESENCE = {"owner": "bot", "operator": None, "typing": 0, "version": "bot"}


def message(seq: int) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "seq": seq,
        "sender": "bot",
        "kind": "message",
        "text": f"messaggio {seq}: il numero verde è 800 184704, il sito è https://example.org/{seq}.",
        "payload": None,
        "buttons": [{"title": "Orari", "payload": "/affirm"}],
        "links": [],
        "in_reply_to": None,
        "created_at": datetime.now(UTC).isoformat(),
        "author": None,
        "client_message_id": None,
        "card": None,
    }


def stand_in(count: int) -> web.Application:
    """The demonstration page, and an API that says so many messages as fast as they are taken."""

    async def opened(_: web.Request) -> web.Response:
        return web.json_response({"conversation_id": str(uuid4()), "token": "x", "messages": [message(1)]}, status=201)

    async def live(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sportello",))
        await socket.prepare(request)
        for start in range(2, count + 2, BATCH):
            batch = [message(seq) for seq in range(start, min(start + BATCH, count + 2))]
            await socket.send_str(json.dumps({"messages": batch, "presence": PRESENCE}))
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.add_routes(pages.routes)
    app.router.add_post("/webchat/v1/conversations", opened)
    app.router.add_get("/webchat/v1/conversations/{id}/live", live)
    return app


async def in_chromium(count: int) -> dict[str, float]:
    """Milliseconds until the launcher is there, until the panel is open, until all is drawn; megabytes of memory."""
    from playwright.async_api import async_playwright

    runner = web.AppRunner(stand_in(count))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            page = await browser.new_page(viewport={"width": 360, "height": 740})
            started = time.perf_counter()
            await page.goto(f"http://127.0.0.1:{port}/")
            await page.locator(".launcher").wait_for()
            ready = time.perf_counter()
            await page.locator(".launcher").click()
            await page.locator(".message").first.wait_for()
            opened = time.perf_counter()
            await page.get_by_text(f"messaggio {count + 1}:").first.wait_for(timeout=120_000)
            drawn = time.perf_counter()
            session = await page.context.new_cdp_session(page)
            heap = (await session.send("Runtime.getHeapUsage"))["usedSize"]
            nodes = await page.evaluate(
                "document.querySelector('sportello-chat').shadowRoot.querySelectorAll('*').length"
            )
            await browser.close()
    finally:
        await runner.cleanup()
    return {
        "launcher_ms": round((ready - started) * 1000),
        "open_ms": round((opened - ready) * 1000),
        "messages": count,
        "drawn_ms": round((drawn - opened) * 1000),
        "heap_mb": round(heap / 1e6, 1),
        "elements": nodes,
    }


def main() -> None:
    """Entry point of `python -m bench.widget`."""
    parser = argparse.ArgumentParser(prog="python -m bench.widget", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "bytes": len(bundle.script()),
        "gzip_bytes": len(bundle.compressed()),
        "budget_bytes": bundle.BUDGET,
    }
    if CHROMIUM.exists():
        figures |= asyncio.run(in_chromium(options.messages))
    for name, value in figures.items():
        print(f"{name:>14} {value:>10}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
