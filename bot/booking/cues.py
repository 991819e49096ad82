"""Small words that steer the talk: stop and back, the mode, an order number, an age, a question."""

import re

from bot.agenda.model import CancelReason, Mode
from bot.booking.state import Flow
from bot.nlu.assent import plain_words

_STOP = re.compile(
    r"\b(?:annulla(?: tutto| la prenotazione)?|annullare(?: tutto| la prenotazione)?|lascia(?:mo)? (?:stare|perdere)|lascio perdere|ci rinuncio|rinuncio|"
    r"basta(?: cosi)?(?! (?:che|sia|un|una|dire|sapere))|stop|esci|^fine$|fine della (?:chat|conversazione)|interrompi|fermati|ferma tutto|non voglio piu (?:prenotare|l appuntamento|niente|appuntamenti)|non mi interessa piu|"
    r"ho cambiato idea(?! sul| sulla| sull)|non prenotare(?: niente| nulla)?|niente lascia|un altra volta|facciamo un altra volta|non ora|non adesso|(?:ci|fammici|fatemici) (?:devo )?pens(?:o|are|arci)|fammi pensare|ci ripenso|vorrei pensarci)\b"
)
_BACK = re.compile(
    r"\b(?:(?:torna|vai|torniamo|voglio tornare|tornare) indietro|indietro|passo precedente|torna (?:a )?prima|al punto prima)\b"
)
_RESUME = re.compile(r"\b(?:riprend\w*|continu\w*|dove eravamo|dov eravamo|andiamo avanti|vai avanti|prosegui\w*)\b")
_CORRECTION = re.compile(
    r"\b(?:anzi|invece|non e per|ho sbagliato|mi sono sbagliat\w|sbagliavo|scusa(?:mi)?|no aspetta|aspetta|meglio|spost\w+|preferisc\w+|preferirei|piuttosto|cambi\w*|cambiare|"
    r"modific\w+|correggi|volevo dire|intendevo|in realta|ripensandoci)\b|^no\b"
)
_MISTAKE = re.compile(
    r"\b(?:ho sbagliato|mi sono sbagliat\w|(?:voglio|vorrei|devo|posso) (?:cambiare|correggere|modificare)|e sbagliato)\b|^(?:cambia|correggi|modifica)\w*$"
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
    r"\b(?:lista d attesa|lista di attesa|avvis\w+ (?:se|quando)|mettetemi in lista|mettimi in lista|in attesa|si libera)\b"
)
_OFF_LIST = re.compile(
    r"\b(?:esc\w+|usci\w+|togli\w*|toglietemi|lev\w+|cancell\w+|tirat\w+|via|non voglio (?:piu )?(?:stare|essere)|rinunci\w+)\b(?: \w+){0,5} lista(?: d(?:i)? attesa)?\b"
)
_MOVES = re.compile(
    r"\b(?:spost\w+|rimand\w+|posticip\w+|anticip\w+|rinvi\w+|cambi\w+ (?:giorno|data|ora|orario)|un altro giorno)\b"
)
_CANCELS = re.compile(
    r"\b(?:disd\w+|(?:annull\w+|cancell\w+) (?:\w+ )?(?:appuntamento|prenotazione)|(?:annulla|cancella|elimina)(?:lo|melo))\b"
)
_TO_PLACE = re.compile(
    r"\b(?:spost\w+|cambi\w+|far\w+) (?:\w+ ){0,3}?(?:a|ad|presso|al|in)\b|\baltr[oa] (?:comune|centro|sede|citta)\b"
)
_NOT_HERE = re.compile(
    r"\bnon (?:ci )?(?:viv\w+|abit\w+|risied\w+|sono (?:residente|di)|sto)\b(?: \w+){0,2} piemonte\b"
)
_NO_PREFERENCE = re.compile(
    r"\b(?:indifferente|e uguale|e lo stesso|come (?:volete|vuoi|preferite)|(?:fai|fate|scegli\w*) (?:tu|voi)|non importa|qualsiasi|qualunque|va bene tutto)\b"
)
_SOONER = re.compile(
    r"\b(?:(?:non c e|niente|nulla|qualcosa|nessuno|posto|posti|uno|una) (?:di |un po |un posto )?prima\b(?! (?:di|del|delle|dell|che))|(?:un po )?piu presto|prima non c e|non (?:si puo|avete|ce n e|c e) prima|anticipare)\b"
)
_FIRST_FREE = re.compile(
    r"\b(?:quando (?:avete|hai|c e|ce|ci sono|siete liberi|potete|e possibile|si puo|e libero|sei libero)|(?:che|quali) (?:giorni|giorno|date|orari|posti) (?:avete|hai|ci sono|c e|sono|libere?i?|disponibili)|prim[ao] (?:posto|data|giorno|disponibilita)(?: \w+)? (?:liber\w|disponibile|utile)|quando (?:vuoi|volete|possibile|capita)|quando siete (?:disponibili|liberi)|cosa (?:avete|hai|c e) (?:di )?(?:libero|disponibile)|"
    r"(?:qualsiasi|qualunque) (?:giorno|ora|data|momento|orario)|(?:un )?giorno qualsiasi|(?:fate|decidete|scegliete|fai|decidi|scegli) (?:voi|tu)|quando (?:vi pare|ti pare|vuole|viene)|va bene (?:tutto|sempre|ogni giorno))\b|"
    r"^(?:e uguale|indifferente|e indifferente|mi e indifferente|non importa|boh|non so|non lo so|non saprei|uguale|sempre)$"
)
_ASAP = re.compile(r"\basap\b")
_HOLD_ON = re.compile(
    r"^(?:aspetta|aspetti|attendi|un|1|solo|scusa|ok|si|eh)*(?: ?(?:aspetta|aspetti|attendi|solo|un|1))*(?: ?(?:attimo|momento|secondo|minuto|minutino|attimino))?$"
)
_AVAILABLE = re.compile(
    r"\b(?:c e|ce|ci sono|avete|hai|ce l avete|posto|posti|liber[oi]|si puo|posso|possiamo|possibile|facciamo|fate|sarebbe|andrebbe|riuscite|riesci|potrei|invece|anche)\b|^e\b"
)
_OPENING = re.compile(r"\b(?:apert\w+|chius\w+|orario|orari|aprite|chiudete|apre|chiude)\b")
_SAME = re.compile(r"^(?:dicevo|scusa|eccomi|ci sono|sono qui|sono tornat[oa])\b")
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
            r"\b(?:di persona|in persona|in presenza|presenza|allo sportello|in ufficio|in sede|dal vivo|faccia a faccia|fisicamente|(?:vengo|venire) (?:io|li|la|lì)|io ven(?:ire|go)|passo (?:io|li|da voi)|da voi|li da voi|"
            r"(?:and(?:are|o)|vado|venire|vengo|passare|essere) (?:(?:in|all|al|allo|nel|nell|vostro) ){0,2}(?:ufficio|sede|sportello|centro))\b"
        ),
    ),
)
_ORDINALS = (
    re.compile(r"prim[aoe]|1|uno|una"),
    re.compile(r"second[aoe]|2|due"),
    re.compile(r"terz[aoe]|3|tre"),
    re.compile(r"quart[ao]|4|quattro"),
    re.compile(r"quint[ao]|5|cinque"),
)
_LAST = re.compile(r"ultim[ao]")
_FILLERS = re.compile(
    r"\b(?:il|la|lo|l|quell[aoe]?|quello li|n|nr|numero|opzione|scelta|proposta|posto|orario|data|possibilita|risposta|scelgo|prendo|prendiamo|preferisco|meglio|voglio|vorrei|"
    r"direi|facciamo|fai|faccio|va|vanno|bene|benissimo|mi|andrebbe|si|ok|okay|allora|dai|grazie|per favore|perfetto|che|hai|avete|detto|proposto|lista|della|delle|tra|fra|queste|questi|e|in|elenco|anche|anzi|no|allora)\b"
)
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
    return _has(_RESUME, text) or (len(text.split()) <= 4 and _has(_SAME, text))


def corrects(text: str) -> bool:
    """Whether something said before is being changed."""
    return _has(_CORRECTION, text)


def tells_mistake(text: str) -> bool:
    """Something was wrong, whatever it was."""
    return len(text.split()) <= 8 and _has(_MISTAKE, text)


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


def after_field(text: str) -> str:
    """What follows the name of the thing that is wrong: "Alba" of "ho sbagliato comune, Alba"; else the text itself."""
    tail = (
        re.split(r"\b(?:comune|citt[aà]|paese)\b[\s,:.;]*", text, flags=re.IGNORECASE)[-1].strip()
        if corrects(text)
        else ""
    )
    return tail or text


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


def other_change(text: str, flow: Flow) -> Flow | None:
    """While cancelling, the wish to move instead; while moving, the wish to cancel."""
    if len(text.split()) > 10:
        return None
    if flow == "cancel" and _has(_MOVES, text):
        return "move"
    return "cancel" if flow == "move" and _has(_CANCELS, text) else None


def moves_to_place(text: str) -> bool:
    """ "spostarlo a Vercelli", "in un altro comune"."""
    return _has(_TO_PLACE, text)


def denies_piedmont(text: str) -> bool:
    """Says they do not live here."""
    return _has(_NOT_HERE, text)


def no_preference(text: str) -> bool:
    """Leaves the choice to us."""
    return len(text.split()) <= 6 and _has(_NO_PREFERENCE, text)


def leaves_list(text: str) -> bool:
    """Off the waiting list."""
    return len(text.split()) <= 12 and _has(_OFF_LIST, text)


def wants_sooner(text: str) -> bool:
    """Something sooner than what was proposed."""
    return len(text.split()) <= 8 and _has(_SOONER, text)


def asks_first(text: str) -> bool:
    """Leaves the day to us: "quando avete posto?"."""
    return (len(text.split()) <= 8 and _has(_FIRST_FREE, text)) or _has(_ASAP, text)


def holds_on(text: str) -> bool:
    """ "un attimo": nothing to answer yet."""
    plain = plain_words(text)
    return (
        bool(plain)
        and len(plain.split()) <= 4
        and _HOLD_ON.match(plain) is not None
        and re.search(r"attim|moment|second[oi]$|minut|aspett|attend", plain) is not None
    )


def asks_for_place(text: str) -> bool:
    """Asks for a day or hour rather than about something else: "c'è anche il pomeriggio?"."""
    return len(text.split()) <= 9 and _has(_AVAILABLE, text) and not _has(_OPENING, text)


def wider_ring(text: str) -> str | None:
    """Asks to look further away: province or region."""
    if _has(_WIDEN_REGION, text):
        return "region"
    return "province" if _has(_WIDEN_PROVINCE, text) else None


def modes_of(text: str) -> list[Mode]:
    """The modes a text names and does not refuse, in the order of this module."""
    plain, refused = plain_words(text), refused_modes(text)
    return [mode for mode, pattern in _MODES if mode not in refused and pattern.search(plain)]


def refused_modes(text: str) -> list[Mode]:
    """The modes a text refuses: "il telefono no", "non in video"."""
    plain = plain_words(text)
    return [
        mode
        for mode, pattern in _MODES
        if re.search(rf"(?:{pattern.pattern}) no\b|\b(?:non|niente|ne) (?:\w+ ){{0,2}}?(?:{pattern.pattern})", plain)
    ]


def ordinal_of(text: str, count: int) -> int | None:
    """Which of `count` proposals, from 0, when the message is an order number and nothing else of weight.

    "tra due settimane" and "ho due figli" are none.
    """
    plain = plain_words(text)
    if not plain or len(plain.split()) > 7:
        return None
    rest = _FILLERS.sub(" ", plain).split()
    if len(rest) != 1:
        return None
    if _LAST.fullmatch(rest[0]):
        return count - 1
    for index, pattern in enumerate(_ORDINALS[:count]):
        if pattern.fullmatch(rest[0]):
            return index
    return int(rest[0]) - 1 if rest[0].isdigit() and 1 <= int(rest[0]) <= count else None


def reason_of(text: str) -> CancelReason | None:
    """The reason for cancelling that a text gives, on the region's kind of list."""
    plain = plain_words(text)
    return next((reason for reason, pattern in _REASONS if pattern.search(plain)), None)
