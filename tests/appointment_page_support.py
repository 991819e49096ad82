"""The pages of appointments as a browser without scripts gets and sends them."""

import re

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from booked import path_of

from bot.agenda.model import Appointment


async def get(edge: TestClient, path: str, *, status: int = 200) -> str:
    """A page that must come with this status and with the headers of a private page."""
    async with edge.get(path, allow_redirects=False) as answer:
        body = await answer.text()
        assert answer.status == status, body
        if status != 303:
            assert_private(answer)
        return body


def assert_private(answer: ClientResponse) -> None:
    assert answer.content_type == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "camera" in answer.headers["Permissions-Policy"]


async def post(edge: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """What a form's sending is answered with: status, and where to or the page."""
    async with edge.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


def words_of(page: str) -> str:
    """What a person reads of a page, each block a sentence."""
    main = page[page.index("<main") : page.index("</main>")]
    blocks = re.split(
        r"</?(?:p|h1|h2|div|dl|dt|dd|li|ul|ol|section|fieldset|legend|label|button|main|form)\b[^>]*>", main
    )
    texts = [" ".join(re.sub(r"<[^>]+>", "", block).replace("&#39;", "'").split()) for block in blocks]
    return " ".join(text if text.endswith((".", "?", ":")) else f"{text}." for text in texts if text)


async def place_offered(edge: TestClient, appointment: Appointment, label: str) -> str:
    """The value of the first place on the form with this hour."""
    page = await get(edge, path_of(appointment, "sposta"))
    found = re.search(rf'value="([^"]+)" id="[^"]+"> <span>{label}</span>', page)
    assert found, page
    return found[1]
