"""Somebody with a telephone, who writes by text message or on WhatsApp and reads what comes."""

from support import until
from twilio_double import Sent, TwilioDouble


class Texter:
    """One number: writes, touches, reads."""

    def __init__(self, twilio: TwilioDouble, address: str) -> None:
        self.twilio, self.address = twilio, address
        self.read_up_to = 0
        self.story: list[str] = []

    def got(self) -> list[Sent]:
        """Everything written to this number."""
        return [one for one in self.twilio.sent if one.to == self.address]

    async def reads(self, words: str, *, within: float = 60) -> Sent:
        """The next message with these words; those before it are read too."""

        def found() -> Sent | None:
            mine = self.got()
            for place, one in enumerate(mine[self.read_up_to :], start=self.read_up_to + 1):
                if words.lower() in one.body.lower():
                    for seen in mine[self.read_up_to : place]:
                        shown = "".join(f"\n  [{title}]" for title, _ in seen.choices)
                        self.story.append(f"< {seen.body}{shown}")
                    self.read_up_to = place
                    return one
            return None

        try:
            return await until(found, within=within, every=0.1)
        except AssertionError:
            unread = [one.body for one in self.got()[self.read_up_to :]]
            raise AssertionError(f"{words!r} not among {unread}") from None

    async def says(self, text: str, words: str) -> Sent:
        """Write, and read until these words are shown."""
        self.story.append(f"> {text}")
        assert (await self.twilio.write(text, sender=self.address)).status == 204
        return await self.reads(words)

    async def touches(self, message: Sent, title: str, words: str) -> Sent:
        """Touch the choice whose title starts so."""
        full = next(one for one, _ in message.choices if one.startswith(title))
        self.story.append(f"> [{full}]")
        assert (await self.twilio.press(message, full)).status == 204
        return await self.reads(words)


def number_of(message: Sent, title: str) -> str:
    """The number written before a choice."""
    return next(line.split()[0] for line in message.body.splitlines() if line[:1].isdigit() and title in line)
