"""What `sportello doctor` says about Telegram, and where its webhook must point."""

from datetime import UTC
from urllib.parse import urlsplit

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.clock import ROME
from bot.settings import Settings
from channels.telegram_bot import reason

PATH = "/telegram/webhook"
PORTS = (443, 80, 88, 8443)
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMANDS = (
    BotCommand("start", "Comincia"),
    BotCommand("help", "Che cosa posso fare"),
    BotCommand("stop", "Non ricevere più promemoria"),
    BotCommand("privacy", "Come tratto i tuoi dati"),
)


def webhook_url(settings: Settings) -> str:
    """Where Telegram must deliver."""
    return f"{settings.public_url.rstrip('/')}{PATH}"


def webhook_problem(settings: Settings) -> str | None:
    """Why Telegram would not take our address, in one sentence; None when it would."""
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https":
        return f"serve un indirizzo https pubblico in SPORTELLO_PUBLIC_URL, che ora è {settings.public_url}"
    if (parts.port or 443) not in PORTS:
        return f"Telegram chiama solo le porte {', '.join(map(str, PORTS))}: SPORTELLO_PUBLIC_URL usa la {parts.port}"
    return None


async def findings(bot: Bot, settings: Settings) -> list[str]:
    """Whether the API answers, as whom, and whether updates come to us. What is wrong begins with «problema»."""
    try:
        me = await bot.get_me()
        info = await bot.get_webhook_info()
    except TelegramError as error:
        return [f"problema: non raggiungibile ({reason(error)})"]
    found = [f"raggiungibile come @{me.username}"]
    if not settings.telegram_webhook_secret:
        found.append(
            f"problema: manca SPORTELLO_TELEGRAM_WEBHOOK_SECRET, ma i messaggi vanno al webhook {info.url}"
            if info.url
            else "riceve chiedendo a Telegram (polling), senza webhook"
        )
        return found
    expected = webhook_url(settings)
    if info.url == expected:
        found.append(f"il webhook punta qui: {expected}")
    else:
        now_at = f"punta a {info.url}" if info.url else "non è registrato"
        found.append(f"problema: il webhook {now_at}; registralo con: sportello telegram set-webhook")
    if info.pending_update_count:
        found.append(f"messaggi in attesa di consegna: {info.pending_update_count}")
    if info.last_error_message and info.last_error_date:
        at = info.last_error_date.replace(tzinfo=info.last_error_date.tzinfo or UTC).astimezone(ROME)
        found.append(f"ultimo errore di consegna, {at:%d/%m/%Y %H:%M}: {info.last_error_message}")
    return found
