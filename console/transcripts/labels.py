"""Words operators read for what the database calls by short names."""

from bot.conversations.handoff_model import OUTCOMES as CLOSED
from bot.knowledge import get_knowledge
from bot.knowledge.files import from_knowledge

CHANNELS = {
    "webchat": "Web chat",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "sms": "SMS",
}
SENDERS = {"citizen": "Cittadino", "bot": "Assistente", "operator": "Operatore"}
DELIVERY = {
    "stored": "salvato",
    "queued": "in partenza",
    "sending": "in partenza",
    "again": "da ritentare",
    "sent": "inviato",
    "delivered": "consegnato",
    "read": "letto",
    "failed": "non riuscito",
    "unknown": "esito non noto",
    "undeliverable": "non consegnabile",
}
OUTCOMES = {
    "answered": "Ha risposto l'assistente",
    "not_understood": "Non capito",
    "empty": "Nessuna domanda",
} | CLOSED
RATINGS = {"up": "Utile", "down": "Non utile"}

INTENTS = {
    "ask_topic": "Chiede un argomento",
    "ask_aspect": "Chiede un dettaglio",
    "show_source": "Chiede la fonte",
    "choose_place": "Sceglie il comune",
    "none_of_these": "Nessuna delle proposte",
    "find_centre": "Cerca il centro",
    "centre_hours": "Orari del centro",
    "centre_contacts": "Contatti del centro",
    "book_appointment": "Prenota",
    "cancel_appointment": "Disdice",
    "reschedule_appointment": "Sposta",
    "list_appointments": "I suoi appuntamenti",
    "confirm_attendance": "Conferma la presenza",
    "accept_offer": "Accetta il posto",
    "decline_offer": "Rifiuta il posto",
    "choose": "Sceglie",
    "talk_to_operator": "Vuole una persona",
    "call_back": "Vuole essere richiamato",
    "greet": "Saluta",
    "goodbye": "Si congeda",
    "affirm": "Dice di sì",
    "deny": "Dice di no",
    "thanks": "Ringrazia",
    "bot_challenge": "Chiede se è un automa",
    "ask_help": "Chiede aiuto",
    "complaint": "Si lamenta",
    "feedback_positive": "È contento",
    "out_of_scope": "Fuori tema",
    "insult": "Insulta",
    "change_language": "Altra lingua",
    "stop_messages": "Non vuole messaggi",
    "delete_my_data": "Cancella i miei dati",
    "repeat": "Ripetere",
    "restart": "Ricomincia",
    "inform": "Dà un'informazione",
    "danger": "Pericolo",
    "nlu_fallback": "Non capito",
}
ENTITIES = {
    "municipality": "comune",
    "centre": "centro",
    "service": "servizio",
    "topic": "argomento",
    "aspect": "dettaglio",
    "date": "giorno",
    "time": "ora",
    "part_of_day": "parte del giorno",
    "number": "numero",
    "appointment_code": "codice",
    "given": "dato scritto",
}
STATES = {
    "da_erogare": "da fare",
    "erogato": "fatto",
    "disdetto_cittadino": "disdetto dal cittadino",
    "disdetto_operatore": "disdetto da noi",
    "spostato": "spostato",
    "non_presentato": "non si è presentato",
}


def intent(name: str | None) -> str:
    """An intent in words; the name itself when nobody gave it any."""
    if not name:
        return ""
    if name.startswith("faq/"):
        service = get_knowledge().services.get(name.removeprefix("faq/"))
        return service.title if service else name
    return INTENTS.get(name, name)


@from_knowledge()
def intents() -> list[tuple[str, str]]:
    """Every intent with its words, for the filter."""
    faq = [(f"faq/{one.id}", one.title) for one in get_knowledge().services.values()]
    return sorted([*INTENTS.items(), *faq], key=lambda pair: pair[1].casefold())


def centre(name: str | None) -> str:
    """A centre by its town."""
    known = get_knowledge().centres.get(name or "")
    return known.name.removeprefix("Centro per l'impiego di ") if known else name or ""


@from_knowledge()
def centres() -> list[tuple[str, str]]:
    """Every centre that appointments can be at."""
    return [(one.id, centre(one.id)) for one in get_knowledge().centres.values() if one.is_job_centre]


def by_name(words: dict[str, str], name: str | None) -> str:
    """The words for a name that may be new."""
    return words.get(name or "", name or "")
