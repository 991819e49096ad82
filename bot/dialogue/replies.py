"""What an action uttered, as Rasa and its SDK write it, as a reply."""

from typing import Any

from bot.conversations.model import Button, Link, Reply


def reply_of(uttered: dict[str, Any]) -> Reply:
    """The reply; buttons as Rasa has them, the rest under `custom`."""
    custom = uttered.get("custom") or {}
    return Reply(
        text=uttered.get("text") or custom.get("text") or "",
        buttons=tuple(Button(title=b["title"], payload=b["payload"]) for b in uttered.get("buttons") or ()),
        links=tuple(Link(title=link["title"], url=link["url"]) for link in custom.get("links") or ()),
        expects=custom.get("expects"),
    )
