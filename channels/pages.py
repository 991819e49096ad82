"""The pages of the fictitious APL site with the chat on it, the privacy notice, and the widget's script."""

import hashlib
from pathlib import Path

from aiohttp import hdrs, web

from channels.problems import Handler
from channels.widget import bundle

SITE = Path(__file__).parent / "site"

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page(path: Path) -> web.Response:
    """One file, revalidated by the browser at each visit."""
    return web.Response(
        body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers={"Cache-Control": "no-cache"}
    )


# Address, name and file of each page.
PAGES = (
    ("/", "home", SITE / "index.html"),
    ("/privacy", "privacy", SITE / "privacy.html"),
    ("/site.css", "site_css", SITE / "site.css"),
    ("/chat.css", "chat_css", SITE / "chat.css"),
)

# Any site may embed the widget, also one that isolates itself or checks what it loads (integrity="sha384-…").
EMBEDDABLE = {
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def serve(path: Path) -> Handler:
    """A handler that answers with one file."""

    async def handler(request: web.Request) -> web.Response:
        return page(path)

    return handler


async def widget_script(request: web.Request) -> web.Response:
    """The widget, compressed where the browser takes it so."""
    zipped = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower()
    body = bundle.compressed() if zipped else bundle.script()
    answer = _embedded(request, body, "text/javascript")
    answer.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if zipped and answer.status == 200:
        answer.headers[hdrs.CONTENT_ENCODING] = "gzip"
    return answer


async def widget_style(request: web.Request) -> web.Response:
    """The widget's styles, for browsers that cannot make a style sheet by script."""
    return _embedded(request, bundle.style().encode(), "text/css")


def _embedded(request: web.Request, body: bytes, content_type: str) -> web.Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = EMBEDDABLE | {hdrs.ETAG: tag}
    if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


async def no_icon(request: web.Request) -> web.Response:
    """Browsers ask for an icon; there is none."""
    return web.Response(status=204)


routes = [web.get(address, serve(path), name=name) for address, name, path in PAGES]
routes.append(web.get("/widget/sportello.js", widget_script, name="widget_js"))
routes.append(web.get("/widget/sportello.css", widget_style, name="widget_css"))
routes.append(web.get("/favicon.ico", no_icon, name="favicon"))
