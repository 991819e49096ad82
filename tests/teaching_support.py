"""What tests of teaching need: a project to change, messages not understood, forms as browsers send them."""

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from console_support import Desk, SignIn

from bot.settings import ROOT
from console.teaching import queue_page

Query = Callable[..., list[tuple[Any, ...]]]
RANKING = [{"name": "faq/did", "confidence": 0.4}, {"name": "faq/naspi-discoll", "confidence": 0.3}]


@pytest.fixture
def project(tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that teaching writes into, named by the settings."""
    for name in ("nlu_data", "bot/knowledge/data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    configure(project_dir=tmp_path)
    # On a busy machine, too, the page is looked at when everything is grouped.
    monkeypatch.setattr(queue_page, "PATIENCE_SECONDS", 60)
    return tmp_path


@pytest.fixture
def teachers(project: Path, signed_in: SignIn) -> SignIn:
    """Operators whose console teaches the copy."""
    return signed_in


async def missed(query: Query, *texts: str, **more: object) -> Any:
    """A conversation in which these were not understood."""
    from console_talks import Talk  # it takes its types from conftest, which imports this module

    talk = Talk(query)
    for said in texts:
        talk.said(said, "faq/did", confidence=0.4, **{"fallback": True, "ranking": RANKING, **more})  # type: ignore[arg-type]
    return await talk.ready()


def rows(page: str) -> list[str]:
    return re.findall(r'<li id="r-([0-9a-f-]{36})">', page)


async def row_of(anna: Desk) -> str:
    [row] = rows(await anna.page("/da-rivedere"))
    return row


def fields_of(page: str) -> list[tuple[str, str]]:
    """What the browser would send of the page's form for teaching, untouched."""
    return _fields(page.split("/insegna")[1].split("</form>", maxsplit=1)[0])


def form_of(page: str) -> dict[str, str]:
    """The same of a page with one form that shows a diff first."""
    form = re.search(r'<form[^>]*id="modulo".*?</form>', page, re.DOTALL)
    assert form, page[:3000]
    return dict(_fields(form[0]))


def _fields(form: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    tags = r"<input[^>]*>|<textarea[^>]*>.*?</textarea>|<select.*?</select>"
    for tag in re.findall(tags, form, re.DOTALL):
        [name] = re.findall(r'name="([^"]+)"', tag)[:1]
        value: re.Match[str] | None
        if tag.startswith("<textarea"):
            value = re.search(r">(.*)</textarea>", tag, re.DOTALL)
        elif tag.startswith("<select"):
            value = re.search(r'value="([^"]*)" selected', tag) or re.search(r'value="([^"]*)"', tag)
        else:
            value = re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag:
            found.append((name, html.unescape(value[1]) if value else ""))
    return found


async def send(desk: Desk, path: str, fields: list[tuple[str, str]]) -> tuple[int, str, str]:
    answer = await desk.client.post(path, data=fields, allow_redirects=False)
    return answer.status, answer.headers.get("Location", ""), await answer.text()
