"""Templates to answers, with the headers of a page that is one person's."""

from pathlib import Path

from aiohttp import web

from bot.settings import get_settings
from channels.templates import templates_in

HERE = Path(__file__).parent

_templates = templates_in(HERE / "templates")

PRIVATE = {
    # Whoever has the address can act: it is kept by no cache, passed on to no other site, found by no search.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
NO_DEVICES = "camera=(), microphone=()"
DEVICES = "camera=(self), microphone=(self)"

_NOTHING = {
    "error": "",
    "error_field": "",
    "sample": False,
    "facts": None,
    "done": "",
    "base": "",
}


def html(template: str, *, status: int = 200, devices: bool = False, **values: object) -> web.Response:
    """A page. `devices`: it may ask for camera and microphone."""
    text = _templates.get_template(template).render(_NOTHING | {"freephone": get_settings().freephone} | values)
    headers = PRIVATE | {"Permissions-Policy": DEVICES if devices else NO_DEVICES}
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def problem(
    status: int, heading: str, *sentences: str, number: str = "", retry_after: float | None = None
) -> web.Response:
    """A page that says what went wrong. `number` finds the failure in the logs; `retry_after` in seconds."""
    page = html("problem.html", status=status, heading=heading, sentences=sentences, number=number)
    if retry_after is not None:
        page.headers["Retry-After"] = str(max(1, round(retry_after)))
    return page


def calendar_file(body: bytes, *, attachment: bool) -> web.Response:
    """A calendar, to keep or to subscribe to."""
    answer = web.Response(body=body, headers=dict(PRIVATE))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    if attachment:
        answer.headers["Content-Disposition"] = 'attachment; filename="appuntamento.ics"'
    return answer
