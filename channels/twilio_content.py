"""Buttons and lists on WhatsApp: contents made once with Twilio's Content API, each for so many choices.

Within the 24-hour window they need no approval. Everything in them is a variable: the text, the titles, the payloads.
"""

import json
from collections.abc import Mapping, Sequence

from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from bot.conversations.model import Button
from channels.capabilities import WHATSAPP_WITH_CONTENT

OPEN_LIST = "Scegli"
"""On the button that opens a list, at most 20 characters."""
BY_NUMBER = "oppure scrivi {number}"
"""Below each row, at most 72 characters."""
NAME = "sportello_{key}"
BUTTON_COUNTS = range(1, WHATSAPP_WITH_CONTENT.buttons + 1)
ROW_COUNTS = range(1, WHATSAPP_WITH_CONTENT.list_rows + 1)
KEYS = tuple([f"b{count}" for count in BUTTON_COUNTS] + [f"l{count}" for count in ROW_COUNTS])
"""`b2` shows two buttons, `l7` a list of seven rows."""


def key_of(buttons: Sequence[Button]) -> str:
    """Which content shows these choices: buttons if there are few and short, else a list."""
    room = WHATSAPP_WITH_CONTENT.max_button_title or 0
    few = len(buttons) <= WHATSAPP_WITH_CONTENT.buttons and all(len(button.title) <= room for button in buttons)
    return f"{'b' if few else 'l'}{len(buttons)}"


def variables_of(text: str, buttons: Sequence[Button] = ()) -> str:
    """What a content is filled with: 1 is the text, then title and payload of each choice."""
    said = [text, *(value for button in buttons for value in (button.title, button.payload))]
    return json.dumps({str(number): value for number, value in enumerate(said, start=1)}, ensure_ascii=False)


async def make_contents(client: Client, known: Mapping[str, str]) -> dict[str, str]:
    """The contents' ids by key; those not known are made, unless the account has them already."""
    contents = client.content.v1.contents
    there = {one.friendly_name: one.sid for one in await contents.list_async()}
    made = dict(known)
    for key in KEYS:
        name = NAME.format(key=key)
        sid = made.get(key) or there.get(name)
        made[key] = sid or (await contents.create_async(_request(key, name))).sid
    return made


def _request(key: str, name: str) -> ContentList.ContentCreateRequest:
    count = int(key[1:])
    pairs = [(f"{{{{{2 * n}}}}}", f"{{{{{2 * n + 1}}}}}") for n in range(1, count + 1)]
    shown: dict[str, object]
    if key[0] == "b":
        kind = "twilio/quick-reply"
        shown = {"actions": [{"type": "QUICK_REPLY", "title": title, "id": payload} for title, payload in pairs]}
    else:
        kind = "twilio/list-picker"
        rows = [
            {"item": title, "id": payload, "description": BY_NUMBER.format(number=number)}
            for number, (title, payload) in enumerate(pairs, start=1)
        ]
        shown = {"button": OPEN_LIST, "items": rows}
    samples = json.loads(variables_of("Testo", [Button(title=f"Scelta {n}", payload="/repeat") for n in range(count)]))
    return ContentList.ContentCreateRequest(
        {"friendly_name": name, "language": "it", "variables": samples, "types": {kind: {"body": "{{1}}"} | shown}}
    )
