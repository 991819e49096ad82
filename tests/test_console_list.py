"""The list of conversations: what it shows, filters, searching, live updates."""

from console_support import SignIn
from support import Chat, until


async def test_a_conversation_appears_with_what_was_said_last(signed_in: SignIn, chat: Chat) -> None:
    anna = await signed_in()
    await chat.send("vorrei sapere gli orari")

    async def shown():
        return "vorrei sapere gli orari" in await anna.page("/")

    await until(shown)
    for words in ("orar", '"sapere gli orari"', "ORARI -naspi", "sap"):
        assert "sapere gli" in await anna.page(f"/?parole={words}"), words
    for words in ('"orari sapere"', "orari -sapere", "zzz"):
        assert "sapere gli" not in await anna.page(f"/?parole={words}"), words
