"""Messages as the templates show them, and templates to answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import web

from bot.clock import ROME
from bot.conversations.model import Message
from bot.settings import get_settings
from channels.appointment_pages.render import PRIVATE
from channels.templates import templates_in

HERE = Path(__file__).parent

_templates = templates_in(HERE / "templates")

_NOTHING: dict[str, Any] = {
    "ticket": "",
    "messages": (),
    "greeting": "",
    "left_out": 0,
    "last": 0,
    "person": "",
    "note": "",
    "error": "",
    "text": "",
    "comment": "",
}

WHO = {"citizen": "Tu", "bot": "Sportello, assistente automatico", "operator": "Operatore"}
SAFE = frozenset({"", "http", "https", "mailto", "tel"})
_TIME = re.compile(r"(\w{3} \d{1,2} \w{3}), (\d{1,2}:\d\d)(?: \((.+)\))?")
_SHORT = re.compile(r"(\w{3}) (\d{1,2}) (\w{3})")
_DAYS = {name[:3]: name for name in "lunedì martedì mercoledì giovedì venerdì sabato domenica".split()}
_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()


@dataclass(frozen=True)
class Choice:
    """A button: `name` comes back from the form."""

    name: str
    title: str


@dataclass
class Choices:
    """The choices of one day, or those that are no times: then there is no title."""

    title: str
    choices: list[Choice] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """One message for the template."""

    seq: int
    sender: str
    who: str
    at: str
    lines: list[str]
    links: list[dict[str, str]]
    card: Mapping[str, Any] | None
    groups: list[Choices]


def html(template: str, *, status: int = 200, **values: object) -> web.Response:
    """A page that is one person's: kept by no cache."""
    known = _NOTHING | {"freephone": get_settings().freephone, "nonce": str(uuid4())}
    text = _templates.get_template(template).render(known | values)
    return web.Response(status=status, text=text, content_type="text/html", headers=dict(PRIVATE))


def shown(messages: Sequence[Message], cards: Mapping[int, Mapping[str, Any]]) -> list[Shown]:
    """Messages for the template; only the choices that nothing was said after can be made."""
    last_said = max((message.seq for message in messages if message.sender == "citizen"), default=0)
    return [_shown(message, cards.get(message.seq), choose=message.seq > last_said) for message in messages]


def _shown(message: Message, card: Mapping[str, Any] | None, *, choose: bool) -> Shown:
    hidden = {card.get("map"), card.get("page"), card.get("calendar")} if card else set()
    return Shown(
        seq=message.seq,
        sender=message.sender,
        who=f"{message.author}, operatore" if message.author else WHO[message.sender],
        at=f"{message.created_at.astimezone(ROME):%H:%M}",
        lines=(message.text or "…").splitlines(),
        links=[one for one in message.links if one["url"] not in hidden and urlsplit(one["url"]).scheme in SAFE],
        card=card,
        groups=groups(message) if choose else [],
    )


def groups(message: Message) -> list[Choices]:
    """The buttons of a message: times by day, then the others."""
    days: dict[str, Choices] = {}
    others = Choices("")
    for index, button in enumerate(message.buttons):
        name = f"scelta.{message.seq}.{index}"
        if match := _TIME.fullmatch(button["title"]):
            day = days.setdefault(match[1], Choices(_in_full(match[1])))
            day.choices.append(Choice(name, f"{match[2]}, {match[3]}" if match[3] else match[2]))
        else:
            others.choices.append(Choice(name, button["title"]))
    return [*days.values(), *([others] if others.choices else [])]


def _in_full(short: str) -> str:
    """`gio 5 mar` as `Giovedì 5 marzo`."""
    match = _SHORT.fullmatch(short)
    month = next((name for name in _MONTHS if match and name.startswith(match[3])), "")
    if match is None or not month or match[1] not in _DAYS:
        return short
    return f"{_DAYS[match[1]]} {match[2]} {month}".capitalize()
