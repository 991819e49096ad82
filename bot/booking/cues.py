"""Small words that steer the talk: stop and back, the mode, an order number, an age, a question."""

import re

from bot.agenda.model import CancelReason, Mode
from bot.nlu.assent import plain_words

_STOP = re.compile(
    r"\b(?:annulla(?: tutto| la prenotazione)?|annullare(?: tutto| la prenotazione)?|lascia(?:mo)? (?:stare|perdere)|lascio perdere|ci rinuncio|rinuncio|"
    r"basta(?: cosi)?|stop|esci|fine|interrompi|fermati|ferma tutto|non voglio piu (?:prenotare|l appuntamento|niente|appuntamenti)|non mi interessa piu|"
    r"ho cambiato idea(?! sul| sulla| sull)|non prenotare(?: niente| nulla)?|niente lascia|un altra volta|facciamo un altra volta|non ora|non adesso)\b"
)
_BACK = re.compile(
    r"\b(?:(?:torna|vai|torniamo|voglio tornare|tornare) indietro|indietro|passo precedente|torna (?:a )?prima|al punto prima)\b"
)
_RESUME = re.compile(r"\b(?:riprend\w*|continu\w*|dove eravamo|dov eravamo|andiamo avanti|vai avanti|prosegui\w*)\b")
_CORRECTION = re.compile(
    r"\b(?:anzi|invece|ho sbagliato|mi sono sbagliat\w|sbagliavo|scusa(?:mi)?|no aspetta|aspetta|meglio|preferisc\w+|preferirei|piuttosto|cambi\w*|cambiare|"
    r"modific\w+|correggi|volevo dire|intendevo|in realta|ripensandoci)\b|^no\b"
)
_QUESTION_START = re.compile(
    r"^(?:scusa(?:mi)?|ma|e|ah|senti|un attimo|prima|aspetta|intanto|pero|una domanda|dimmi|volevo sapere|posso sapere|vorrei sapere|mi dici|sai|e poi)?[ ,]*"
    r"(?:che|cosa|come|quanto|quanti|quante|quando|dove|dov|chi|perche|xke|xche|quale|quali|devo|serve|servono|si puo|ci vuole|bisogna|e vero|c e bisogno|sapete|mi serve)\b"
)
_SERVICE_CHANGE = re.compile(r"\b(?:servizio|motivo|argomento)\b")
_PLACE_CHANGE = re.compile(r"\b(?:comune|citta|paese|posto|luogo|sede|centro|ufficio|dove)\b")
_MODE_CHANGE = re.compile(r"\b(?:modo|modalita|tipo)\b")
_WHEN_CHANGE = re.compile(r"\b(?:giorno|data|ora|orario|orari)\b")
_OTHER = re.compile(
    r"\b(?:altr[iaoe]|altri orari|altre date|altre proposte|nessun[oa]|piu avanti|dopo ancora|altro giorno|non posso|non riesco|mostra|di piu)\b"
)
_NEXT = re.compile(
    r"^(?:(?:la|il|quell[ao]|c e|avete|dammi|e)\s)*(?:dopo|successiv\w+|dopo ancora|piu tardi|piu avanti)$"
)
_WAIT = re.compile(
    r"\b(?:lista d attesa|lista di attesa|avvis\w+ (?:se|quando)|mettetemi in lista|mettimi in lista|in attesa|(?:non c e|niente|nulla|qualcosa) (?:di )?prima|si libera)\b"
)
_WIDEN_PROVINCE = re.compile(
    r"\b(?:tutta la provincia|in provincia|altri centri|altre sedi|altro centro|altra sede|altri comuni|qui vicino|in zona|dintorni)\b"
)
_WIDEN_REGION = re.compile(
    r"\b(?:tutta la regione|tutto il piemonte|in regione|ovunque|dappertutto|dovunque|qualsiasi (?:centro|posto|sede)|qualunque (?:centro|posto|sede))\b"
)

_MODES: tuple[tuple[Mode, re.Pattern[str]], ...] = (
    (
        "video",
        re.compile(
            r"\b(?:video\s?(?:chiamat\w*|call|conferenza|colloquio)?|videochimata|meet|zoom|teams|skype|online|on line|da remoto|a distanza|webcam|virtuale)\b"
        ),
    ),
    (
        "phone",
        re.compile(
            r"\b(?:telefonat\w*|telefonic\w*|(?:per|al|via|x|tramite|col|con il) (?:telefono|cell\w*)|telefono|chiamata|(?:mi|ci) chiam(?:a|ate|ano)|chiamarmi|richiamat\w*|a voce)\b"
        ),
    ),
    (
        "in_person",
        re.compile(
            r"\b(?:di persona|in persona|in presenza|presenza|allo sportello|in ufficio|in sede|dal vivo|faccia a faccia|fisicamente|vengo (?:io|li|la)|passo (?:io|li|da voi)|da voi|li da voi)\b"
        ),
    ),
)
_ORDINALS = (
    re.compile(r"\b(?:prim[ao]|1|uno|n 1|numero 1|numero uno)\b"),
    re.compile(r"\b(?:second[ao]|2|due|numero 2|numero due)\b"),
    re.compile(r"\b(?:terz[ao]|3|tre|numero 3|numero tre)\b"),
)
_LAST = re.compile(r"\bultim[ao]\b")
_AGE = re.compile(
    r"\b(?:ho|ha|avendo|compio|compie|di|anni)\s(?:solo |appena |gia |ancora |quasi )?(\d{1,2}|dieci|undici|dodici|tredici|quattordici) ann[io]\b"
)
_AGE_WORDS = {"dieci": 10, "undici": 11, "dodici": 12, "tredici": 13, "quattordici": 14}
_REASONS: tuple[tuple[CancelReason, re.Pattern[str]], ...] = (
    (
        "lavoro",
        re.compile(r"\b(?:trovato (?:un )?(?:lavoro|impiego|posto)|assunt\w|lavoro|lavorare|turno|contratto)\b"),
    ),
    (
        "salute",
        re.compile(
            r"\b(?:malat\w*|malatti\w*|salute|ospedale|visita medica|medico|influenza|febbre|sto male|sta male|operazion\w*|infortuni\w*)\b"
        ),
    ),
    (
        "non_serve",
        re.compile(
            r"\b(?:non (?:mi |ci )?serve|non (?:ne )?ho (?:piu )?bisogno|risolto|non (?:mi )?interessa|gia fatto|non piu necessari\w|inutile)\b"
        ),
    ),
    (
        "impegno",
        re.compile(
            r"\b(?:impegn\w*|imprevist\w*|non posso|non riesco|famigli\w*|figli\w*|bambin\w*|viaggio|ferie|vacanz\w*|orario|treno|macchina|scuola)\b"
        ),
    ),
    (
        "altro",
        re.compile(
            r"\b(?:altr[oi]|altro motivo|preferisco non|non (?:lo )?dico|motivi personali|personale|fatti miei|privat\w)\b"
        ),
    ),
)


def _has(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(plain_words(text)) is not None


def wants_to_stop(text: str) -> bool:
    """Leave the talk; only short messages, so that a story with "basta" in it is not taken for it."""
    return len(text.split()) <= 8 and _has(_STOP, text)


def wants_back(text: str) -> bool:
    """One step back."""
    return len(text.split()) <= 8 and _has(_BACK, text)


def wants_to_resume(text: str) -> bool:
    """Go on with the talk that was left."""
    return _has(_RESUME, text)


def corrects(text: str) -> bool:
    """Whether something said before is being changed."""
    return _has(_CORRECTION, text)


def named_field(text: str) -> str | None:
    """What the citizen says should change, without saying the new value: service, where, mode or when."""
    for name, pattern in (
        ("service", _SERVICE_CHANGE),
        ("mode", _MODE_CHANGE),
        ("when", _WHEN_CHANGE),
        ("where", _PLACE_CHANGE),
    ):
        if _has(pattern, text):
            return name
    return None


def is_question(text: str) -> bool:
    """Whether the message asks something rather than answering."""
    return text.rstrip(' ."”»)').endswith("?") or _QUESTION_START.match(plain_words(text)) is not None


def wants_others(text: str) -> bool:
    """None of the proposals: others."""
    return _has(_OTHER, text) or _NEXT.match(plain_words(text)) is not None


def wants_next(text: str) -> bool:
    """ "quella dopo": others, and no day of its own."""
    return _NEXT.match(plain_words(text)) is not None


def wants_to_wait(text: str) -> bool:
    """The waiting list."""
    return _has(_WAIT, text)


def wider_ring(text: str) -> str | None:
    """Asks to look further away: province or region."""
    if _has(_WIDEN_REGION, text):
        return "region"
    return "province" if _has(_WIDEN_PROVINCE, text) else None


def modes_of(text: str) -> list[Mode]:
    """The modes a text names, in the order of this module."""
    plain = plain_words(text)
    return [mode for mode, pattern in _MODES if pattern.search(plain)]


def ordinal_of(text: str, count: int) -> int | None:
    """Which of `count` proposals, from 0, when the message is about as short as an order number is."""
    plain = plain_words(text)
    if len(plain.split()) > 5:
        return None
    if _LAST.search(plain):
        return count - 1
    for index, pattern in enumerate(_ORDINALS[:count]):
        if pattern.search(plain):
            return index
    return None


def age_of(text: str) -> int | None:
    """An age in years that the text gives to somebody."""
    found = _AGE.search(plain_words(text))
    if found is None:
        return None
    return _AGE_WORDS[found[1]] if found[1] in _AGE_WORDS else int(found[1])


def reason_of(text: str) -> CancelReason | None:
    """The reason for cancelling that a text gives, on the region's kind of list."""
    plain = plain_words(text)
    return next((reason for reason, pattern in _REASONS if pattern.search(plain)), None)
