"""The pages of the fictitious APL site with the chat on it, and the privacy notice. Plain files, no templates."""

from pathlib import Path

from aiohttp import web

from channels.problems import Handler

SITE = Path(__file__).parent / "site"
WIDGET = Path(__file__).parent / "widget"

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
    ("/widget/sportello.js", "widget_js", WIDGET / "sportello.js"),
    ("/widget/sportello.css", "widget_css", WIDGET / "sportello.css"),
)


def serve(path: Path) -> Handler:
    """A handler that answers with one file."""

    async def handler(request: web.Request) -> web.Response:
        return page(path)

    return handler


async def no_icon(request: web.Request) -> web.Response:
    """Browsers ask for an icon; there is none."""
    return web.Response(status=204)


routes = [web.get(address, serve(path), name=name) for address, name, path in PAGES]
routes.append(web.get("/favicon.ico", no_icon, name="favicon"))
