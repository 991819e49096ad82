"""Style sheets, scripts and sounds of the console, from its own folder only."""

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

from console.access import public
from console.pages import templates

HERE = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".wav": "audio/wav",
    ".png": "image/png",
}
routes = web.RouteTableDef()


@cache
def version(name: str) -> str:
    """Changes with the file, so that browsers may keep it for ever."""
    return hashlib.sha256((HERE / name).read_bytes()).hexdigest()[:12]


def address(name: str) -> str:
    """Where a file of this folder is served."""
    return f"/static/{name}?{version(name)}"


templates.globals["static"] = address


@routes.get("/static/{name}", name="static")
@public
async def serve(request: web.Request) -> web.StreamResponse:
    """One file."""
    path = HERE / request.match_info["name"]
    if path.parent != HERE or path.suffix not in TYPES or not path.is_file():
        raise web.HTTPNotFound
    keep = "public, max-age=31536000, immutable" if request.query_string else "no-cache"
    kind = TYPES[path.suffix]
    charset = "utf-8" if kind.startswith("text/") else None
    return web.Response(body=path.read_bytes(), content_type=kind, charset=charset, headers={"Cache-Control": keep})
