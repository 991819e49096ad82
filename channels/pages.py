"""The pages of the fictitious APL site with the chat on it, and the privacy notice. Plain files, no templates."""

from pathlib import Path

from aiohttp import web

SITE = Path(__file__).parent / "site"
WIDGET = Path(__file__).parent / "widget"

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

routes = web.RouteTableDef()


def page(path: Path) -> web.Response:
    """One file, revalidated by the browser at each visit."""
    return web.Response(
        body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers={"Cache-Control": "no-cache"}
    )


@routes.get("/", name="home")
async def home(request: web.Request) -> web.Response:
    """The home page with the chat."""
    return page(SITE / "index.html")


@routes.get("/privacy", name="privacy")
async def privacy(request: web.Request) -> web.Response:
    """The privacy notice and the disclosure that one writes to a machine."""
    return page(SITE / "privacy.html")


@routes.get("/site.css", name="site_css")
async def site_css(request: web.Request) -> web.Response:
    """The style of the pages."""
    return page(SITE / "site.css")


@routes.get("/widget/sportello.js", name="widget_js")
async def widget_js(request: web.Request) -> web.Response:
    """The chat widget."""
    return page(WIDGET / "sportello.js")


@routes.get("/widget/sportello.css", name="widget_css")
async def widget_css(request: web.Request) -> web.Response:
    """The style of the widget."""
    return page(WIDGET / "sportello.css")


@routes.get("/favicon.ico", name="favicon")
async def favicon(request: web.Request) -> web.Response:
    """No icon."""
    return web.Response(status=204)
