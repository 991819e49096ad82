"""Which part of a topic is asked about: who, how, documents, amount, time, where. Decided by words, not by examples."""

import re

from bot.nlu.text import expand

# In order: the first that matches is what is asked.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "documents",
        r"\b(documento|documenti|documentazione|carte|moduli|modulo|modulistica|serve portare|devo portare|cosa porto|che porto|portarmi dietro|allegare|allegati)\b",
    ),
    (
        "amount",
        r"\b(quanto (mi )?(danno|prendo|prende|pagano|paga|spetta|si prende|costa|costano|vale|viene|e l importo|guadagno)|quanti soldi|quanti euro|che cifra|importo|quanto si (guadagna|prende)|indennita quanto|a quanto ammonta)\b",
    ),
    (
        "time",
        r"\b(quanto (tempo|dura)|quanti (mesi|giorni|anni|ore)|entro (quando|quanto|quanti)|scadenza|scade|fino a quando|durata|quando (devo|posso|va|bisogna|scade)|per quanto|termine)\b",
    ),
    (
        "who",
        r"\b(chi (puo|ha diritto|e ammesso)|ho diritto|requisiti|requisito|posso (farlo|farla|chiederlo|chiederla|averlo|averla|fare domanda anche io)|mi spetta|spetta anche|e per tutti|rientro|a chi spetta|chi la puo|chi lo puo|a quali condizioni)\b",
    ),
    (
        "where",
        r"\b(dove (si|devo|posso|vado|faccio|va|la|lo|chiedo|presento)|in che sito|su che sito|quale sito|a che ufficio|quale ufficio|da che parte)\b",
    ),
    (
        "how",
        r"\b(come (si (fa|chiede|richiede|ottiene|presenta|procede)|faccio|fare|posso|devo|la|lo|mi|procedo|richiedo|ottengo)|in che modo|procedura|passaggi|per richiedere|per averlo|per averla)\b",
    ),
)
_COMPILED = tuple((aspect, re.compile(pattern)) for aspect, pattern in _PATTERNS)

# Words that say nothing about a topic: a message made only of these and of an aspect asks about the topic just spoken of.
_EMPTY = frozenset(
    """a ad ai al alla allo anche ancora bene che chi ci come con cosa cose da dai dal dalla dei del della delle di e ed
    puo ecco ehm fare farlo farla faccio ho i il in invece io l la le lei li lo loro ma me mi miei mio ne nel nella no non o ok
    oppure ora per pero poi posso pure quale quali quanta quante quanti quanto quello quella questo questa qui se serve
    servono si sono su sui sul sulla tu un una uno va vi voglio vorrei devo bisogna portare avere ha allora e' tutto
    soldi euro tempo mesi giorni anni ore dura danno prendo prende spetta diritto requisiti documento documenti
    documentazione carte modulo moduli modulistica dove vado sito ufficio scadenza scade entro quando fino durata
    importo cifra procedura passaggi funziona si fa richiedere ottengo ottenere averlo averla chiederlo chiederla sapere
    vuole ci vogliono occorre occorrono grazie scusa scusi buongiorno ciao per favore""".split()
)


def asked_aspect(text: str) -> str | None:
    """`documents`, `amount`, `time`, `who`, `where`, `how`, or None when the text asks about the topic as a whole."""
    folded = expand(text)
    for aspect, pattern in _COMPILED:
        if pattern.search(folded):
            return aspect
    return None


def is_bare_aspect(text: str) -> bool:
    """Whether the text names an aspect and no topic, like "e i documenti?"."""
    words = re.findall(r"[a-z0-9]+", expand(text))
    return 0 < len(words) <= 10 and all(word in _EMPTY for word in words) and asked_aspect(text) is not None
