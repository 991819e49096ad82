"""A citizen at the web chat: writes, presses, reads."""

import re

from support import Chat

CODE = re.compile(r"codice (?:è )?([ACFHKMRUXZ2-9]{3}-[ACFHKMRUXZ2-9]{3})")


class Talker:
    """A citizen: writes, presses, reads."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.seen = 0
        self.shown: list[dict[str, str]] = []
        self.links: list[dict[str, str]] = []
        self.code = ""

    async def say(self, **body: str) -> str:
        """Send and wait for the answer."""
        answer = await self.chat.post(**body)
        assert answer.status == 202, await answer.text()
        message_id = (await answer.json())["message_id"]
        for _ in range(12):
            for message in await self.chat.messages(after=self.seen, wait=5):
                self.seen = max(self.seen, message["seq"])
                if message["in_reply_to"] == message_id and message["kind"] == "message":
                    self.shown, self.links = message["buttons"], message["links"]
                    for code in CODE.findall(message["text"]):
                        self.code = code
                    return str(message["text"])
        raise AssertionError("no answer in a minute")

    async def press(self, title: str | int) -> str:
        """Press the first button whose title starts so, or the one of that number."""
        if isinstance(title, int):
            return await self.say(payload=self.shown[title - 1]["payload"])
        found = [one["payload"] for one in self.shown if one["title"].lower().startswith(title.lower())]
        assert found, f"no button {title!r} in {[one['title'] for one in self.shown]}"
        return await self.say(payload=found[0])
