"""People who write on Telegram: updates in the shape in which Telegram delivers them, and what their chat shows."""

import itertools
import time
from typing import Any

from aiohttp import ClientSession
from support import until
from telegram_double import BOT_NAME, ME, SECRET, Shown, TelegramDouble

_ids = itertools.count(500_000_001)


class Person:
    """Somebody with one chat: their own with the bot, or a group."""

    def __init__(
        self, double: TelegramDouble, session: ClientSession | None, url: str, *, group: int | None = None
    ) -> None:
        self.double, self.session, self.url = double, session, url
        self.id = next(_ids)
        self.chat = group or self.id
        self.user = {"id": self.id, "is_bot": False, "first_name": "Anna", "last_name": "Rossi", "language_code": "it"}
        kind = "supergroup" if group else "private"
        double.known[self.chat] = kind
        self.seen = 0
        about = {"title": "Vicini di casa"} if group else {"first_name": "Anna", "last_name": "Rossi"}
        self.chat_info = {"id": self.chat, "type": kind, **about}

    # --- updates ----------------------------------------------------------------------------------------------------

    def message(self, **what: Any) -> dict[str, Any]:
        message = {
            "message_id": self.double.next_message(self.chat),
            "from": self.user,
            "chat": self.chat_info,
            "date": int(time.time()),
            **what,
        }
        return {"update_id": self.double.next_update(), "message": message}

    def text(self, text: str, **what: Any) -> dict[str, Any]:
        entities = []
        if text.startswith("/"):
            entities.append({"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])})
        if (at := text.find(f"@{BOT_NAME}")) >= 0 and not text.startswith("/"):
            entities.append({"type": "mention", "offset": at, "length": len(BOT_NAME) + 1})
        if entities:
            what["entities"] = entities
        return self.message(text=text, **what)

    def edit(self, update: dict[str, Any], **what: Any) -> dict[str, Any]:
        edited = {**update["message"], "edit_date": int(time.time()), **what}
        return {"update_id": self.double.next_update(), "edited_message": edited}

    def press(self, shown: Shown, title: str) -> dict[str, Any]:
        query_id = str(4_382_000_000_000_000_000 + self.double.next_id())
        self.double.queries.add(query_id)
        query = {
            "id": query_id,
            "from": self.user,
            "message": self.double.as_message(self.chat, shown),
            "chat_instance": "-3920483726",
            "data": shown.button(title)["callback_data"],
        }
        return {"update_id": self.double.next_update(), "callback_query": query}

    def location(self, latitude: float, longitude: float) -> dict[str, Any]:
        return self.message(location={"latitude": latitude, "longitude": longitude})

    def contact(self, number: str) -> dict[str, Any]:
        return self.message(contact={"phone_number": number, "first_name": "Anna", "user_id": self.id})

    def membership(self, status: str) -> dict[str, Any]:
        member = {"user": ME, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        change = {
            "chat": self.chat_info,
            "from": self.user,
            "date": int(time.time()),
            "old_chat_member": {"user": ME, "status": "member"},
            "new_chat_member": member,
        }
        return {"update_id": self.double.next_update(), "my_chat_member": change}

    # --- what they do -----------------------------------------------------------------------------------------------

    async def send(self, update: dict[str, Any], *, secret: str = SECRET) -> int:
        assert self.session is not None
        self.double.story.append(f"{self.user['first_name']}: {_in_words(update)}")
        return await self.double.deliver(self.session, self.url, update, secret)

    async def write(self, text: str) -> dict[str, Any]:
        update = self.text(text)
        assert await self.send(update) == 200
        return update

    def shown(self, kind: str | None = None) -> list[Shown]:
        return [one for one in self.double.chats[self.chat] if kind in (None, one.kind)]

    def texts(self) -> list[str]:
        return [one.text for one in self.shown("text")]

    async def sees(self, count: int, *, within: float = 15) -> list[Shown]:
        """The messages of words the bot sent, once there are `count`."""
        return list(await until(lambda: len(self.shown("text")) >= count and self.shown("text"), within=within))

    async def next(self, *, within: float = 15) -> Shown:
        """The next message of words not looked at before."""
        shown = (await self.sees(self.seen + 1, within=within))[self.seen]
        self.seen += 1
        return shown

    async def reads(self, words: str, *, within: float = 30) -> Shown:
        """The first message not looked at before that contains these words."""
        while True:
            shown = await self.next(within=within)
            if words.lower() in shown.text.lower():
                return shown


def _in_words(update: dict[str, Any]) -> str:
    """What somebody did, for the transcript."""
    if "callback_query" in update:
        query = update["callback_query"]
        rows = query["message"].get("reply_markup", {}).get("inline_keyboard", [])
        return next(f"[{one['text']}]" for row in rows for one in row if one.get("callback_data") == query["data"])
    message = update.get("message") or {}
    return message.get("text") or next((f"({kind})" for kind in ("location", "contact") if kind in message), "(altro)")
