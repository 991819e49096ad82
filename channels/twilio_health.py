"""What `sportello doctor` says about WhatsApp and SMS. What is wrong begins with «problema»."""

from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from bot.settings import Settings
from channels.capabilities import SMS, WHATSAPP, Capabilities
from channels.sender import SendError
from channels.twilio_content import KEYS
from channels.twilio_words import INBOUND_PATH


def inbound_url(settings: Settings) -> str:
    """Where Twilio must deliver what people write."""
    return f"{settings.public_url.rstrip('/')}{INBOUND_PATH}"


async def findings(client: Any, settings: Settings, channel: Capabilities, sender: str) -> list[str]:
    """Whether the API answers, to whom, and whether messages come to us."""
    try:
        account = await client.api.v2010.accounts(settings.twilio_account_sid).fetch_async()
        found = [f"raggiungibile, come {account.friendly_name}"]
        if account.status != "active":
            found.append(f"problema: l'account Twilio non è attivo ({account.status})")
        if urlsplit(settings.public_url).scheme != "https":
            found.append(f"problema: serve un indirizzo https pubblico in SPORTELLO_PUBLIC_URL ({settings.public_url})")
        if channel.name == SMS.name and sender.startswith("+"):
            found += await _number(client, settings, sender)
    except SendError as error:
        return [f"problema: non raggiungibile ({error})"]
    except (TwilioRestException, TwilioServiceException) as error:
        if error.status == 401:
            return ["problema: Twilio rifiuta SPORTELLO_TWILIO_ACCOUNT_SID o SPORTELLO_TWILIO_AUTH_TOKEN"]
        return [f"problema: Twilio risponde {error.status} (codice {error.code})"]
    return found + (_whatsapp(settings) if channel.name == WHATSAPP.name else [])


async def _number(client: Any, settings: Settings, sender: str) -> list[str]:
    numbers = await client.incoming_phone_numbers.list_async(phone_number=sender, limit=1)
    if not numbers:
        return [f"problema: {sender} non è un numero di questo account"]
    # Twilio keeps how often to try again behind a #.
    if (numbers[0].sms_url or "").partition("#")[0] != inbound_url(settings):
        return [f"problema: i messaggi per {sender} vanno a {numbers[0].sms_url}: imposta {inbound_url(settings)}"]
    return [f"i messaggi per {sender} arrivano a {inbound_url(settings)}"]


def _whatsapp(settings: Settings) -> list[str]:
    missing = [key for key in KEYS if key not in settings.twilio_content_sids]
    template = settings.twilio_reminder_content_sid
    return [
        f"i messaggi di WhatsApp devono arrivare a {inbound_url(settings)}: si imposta nella console di Twilio",
        "pulsanti ed elenchi attivi"
        if not missing
        else "scelte con i numeri (per i pulsanti: sportello twilio contenuti)",
        "promemoria oltre le 24 ore con il modello approvato"
        if template
        else "oltre le 24 ore i promemoria vanno per SMS",
    ]
