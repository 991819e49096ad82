"""How sure is sure, and where a name in the text decides what examples leave in doubt."""

import re
from typing import Any

from bot.knowledge.names import named_services, named_sites
from bot.knowledge.places import read_place
from bot.knowledge.spelling import fold
from bot.nlu.aspects import asked_aspect

SURE = 0.75
"""Parts of a message must each be this sure to be taken for two requests."""
SHORT_WORDS = 9
NAMED_CONFIDENCE = 0.8
"""Of short questions with a service's own name and an aspect, at least so many are about that service."""

SURE_OF_PLACE = 0.95

_APPOINTMENT = r"(?:ap+unt?am\w*o|app to|appto|apt|(?<=\bun )app(?= (?:x|per) )|(?<=\b1 )app(?= (?:x|per) )|appunt)"
_WANTS_APPOINTMENT = re.compile(
    r"\b(?:vorrei|vorremmo|voglio|volevo|volere|vuole|mi serve|mi servirebbe|ci serve|bisogno(?: di)?|(?:posso|potrei|si puo|possiamo)"
    r"(?: (?:avere|prenotare|prendere|fissare|chiedere|fare))|^(?:prendere|fissare|prenotare|dammi|datemi))"
    rf"(?: \w+){{0,2}} (?:{_APPOINTMENT}|colloquio con (?:voi|un operatore))\b"
)
_ASKS_HOW = re.compile(r"\b(?:come|dove|perche|quanto|quando|chi|cosa|devo|bisogna|obbligatori\w)\b")
# "lo": the appointment just spoken of.
_MOVES_IT = re.compile(
    r"^(?:(?!non\b)\w+ ){0,4}(?:spostarlo|rimandarlo|posticiparlo|anticiparlo|spostamelo|spostatemelo|spostalo)\b"
    r"|^(?:(?:vorrei|voglio|devo|dovrei|posso|potrei|mi serve) )?(?:spostare|rimandare|posticipare|anticipare)$"
)
_WAITING_LIST = re.compile(
    r"\blista d(?:i)? attesa\b|^(?:voglio |vorrei |posso )?(?:esci|esco|uscire|cancellami|cancellatemi) dalla lista$"
)
_OFF_LIST = re.compile(r"\b(?:esc\w+|usci\w+|togli\w*|toglietemi|cancella\w*|lev\w+|via)\b")
_ON_LIST = re.compile(r"^lista d(?:i)? attesa$|\b(?:mett\w+|iscriv\w+|entr\w+|inser\w+|vorrei|voglio|posso)\b")
# Without a verb, as people write to a machine: "appuntamento in video per il cv a Cuneo giovedì".
_NAMES_ONE = re.compile(
    r"^(?:ciao |salve |buongiorno |buonasera )?(?:(?:un|1|nuovo|prenot\w+|fiss\w+|prend\w+) )*"
    + _APPOINTMENT
    + r" (?:\w+ ){2,}"
)
_CHANGES_ONE = re.compile(
    r"\b(?:non (?:vorrei|voglio)|spost\w+|disd\w+|annull\w+|cambi\w+|cancell\w+|anticip\w+|posticip\w+|rimand\w+)\b"
)


def is_bare_place(text: str) -> bool:
    """Whether the text is the name of a municipality and nothing else, as in answer to a question."""
    named = sum(mention.end - mention.start for mention in read_place(text).mentions)
    return named > 0 and len(text.strip(" .,;!")) - named <= 1


def trust_wish(text: str, ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who says "vorrei un appuntamento per ..." wants an appointment, whatever it is for."""
    folded = fold(text)
    if _WAITING_LIST.search(folded) and len(folded.split()) <= 2 * SHORT_WORDS:
        wish = (
            "cancel_appointment" if _OFF_LIST.search(folded) else "book_appointment" if _ON_LIST.search(folded) else ""
        )
        if wish and not (wish == "book_appointment" and text.rstrip().endswith("?")):
            return [{"name": wish, "confidence": NAMED_CONFIDENCE}, *(e for e in ranking if e["name"] != wish)]
    if _MOVES_IT.search(folded) and ranking[0]["confidence"] < SURE:
        wish = "reschedule_appointment"
        return [{"name": wish, "confidence": NAMED_CONFIDENCE}, *(e for e in ranking if e["name"] != wish)]
    likely = next((entry for entry in ranking if entry["name"] == "book_appointment"), None)
    if likely is None or likely["confidence"] >= SURE or _CHANGES_ONE.search(folded):
        return ranking
    about_topic = ranking[0] is likely or ranking[0]["name"].startswith("faq/")
    asks = text.rstrip().endswith("?")
    if asks and _ASKS_HOW.search(folded):
        return ranking
    named = about_topic and _NAMES_ONE.search(f"{folded} ") and not asks and " come " not in folded
    if not named and not _WANTS_APPOINTMENT.search(folded):
        return ranking
    wished = likely | {"confidence": max(likely["confidence"], NAMED_CONFIDENCE)}
    return [wished, *(entry for entry in ranking if entry is not likely)]


def trust_names(text: str, ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names decide where examples leave a doubt.

    Short messages only: one that points at a site by its street, and may be about where to go, is; one that names one
    service and asks for one of its aspects is about that service, if that is likely at all.
    """
    doubtful = ranking[0]["confidence"] < SURE and len(text.split()) <= SHORT_WORDS
    if doubtful and named_sites(text) and any(entry["name"] == "find_centre" for entry in ranking[:3]):
        return [
            {"name": "find_centre", "confidence": NAMED_CONFIDENCE},
            *(e for e in ranking if e["name"] != "find_centre"),
        ]
    named = {f"faq/{service.id}" for service in named_services(text)}
    if not doubtful or len(named) != 1 or asked_aspect(text) is None:
        return ranking
    about = [entry for entry in ranking[:3] if entry["name"] in named]
    if not about or not ranking[0]["name"].startswith("faq/"):
        return ranking
    trusted = about[0] | {"confidence": max(about[0]["confidence"], NAMED_CONFIDENCE)}
    return [trusted, *(entry for entry in ranking if entry is not about[0])]
