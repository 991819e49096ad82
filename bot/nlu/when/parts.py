"""Parts of the day, in the listed names and in everyday words, and "the first free place"."""

import re
from datetime import datetime

from bot.nlu.when.items import Build, Item, Rule, rule
from bot.nlu.when.reading import Part, Reading


def _part(name: Part) -> Build:
    def build(found: re.Match[str], _now: datetime) -> Item:
        return Item(*found.span(), "part", options=(Reading(part=name),))

    return build


def _asap(found: re.Match[str], _now: datetime) -> Item:
    return Item(*found.span(), "asap", options=(Reading(asap=True),))


_IN = r"(?:in |nel |nella |di |al |alla |la |il |i |le |a |sul |sulla |verso (?:la |il )?|durante (?:la |il )?|ogni |tutte le |tutti i |dopo il )?"
_MORNING = r"(?:mattina|mattino|mattinata)"

# Everyday words of each part, the particular before the general: first match wins.
WORDS: list[tuple[Part, str]] = [
    (
        "prima_mattina",
        rf"(?:la |il )?{_MORNING} presto|presto (?:la |di |al |in )?{_MORNING}|(?:di |in )?prima {_MORNING}|sul presto|(?:di )?primo mattino|mattina prestissimo"
        rf"|{_IN}(?:inizio|primissima) {_MORNING}"
        r"|(?:appena|non appena) (?:aprite|apre|aprono|apre l ufficio|apre lo sportello|aprite gli uffici)|quando (?:aprite|apre l ufficio|apre lo sportello)|(?:in |all |d )(?:orario di )?apertura"
        r"|(?:alla |di |in |a )prim(?:a|issima) ora|(?:alle )?prime ore (?:della|del) (?:mattina|mattino|giorno)|(?:di )?buon ora|di buon mattino|appena si apre"
        r"|a inizio giornata|inizio giornata|ad? inizio mattina(?:ta)?",
    ),
    (
        "tarda_mattina",
        rf"{_IN}tard[ao] {_MORNING}|{_MORNING} (?:sul )?tardi|{_IN}fine {_MORNING}|(?:a )?meta {_MORNING} inoltrata|prima di (?:pranzo|mangiare)"
        rf"|{_MORNING} inoltrata|tardi (?:la|in|di) {_MORNING}|seconda parte della {_MORNING}",
    ),
    (
        "primo_pomeriggio",
        rf"(?:subito |appena )?dopo (?:il )?(?:pranzo|mangiato|aver mangiato|aver pranzato)|{_IN}prim[oa] pomeriggio|{_IN}inizio (?:del )?pomeriggio"
        r"|pomeriggio presto|presto (?:nel|il|di) pomeriggio|(?:alle )?prime ore del pomeriggio",
    ),
    (
        "tardo_pomeriggio",
        rf"{_IN}tard[oa] pomeriggio|pomeriggio tardi|tardi (?:nel|il|di) pomeriggio|{_IN}fine (?:giornata|pomeriggio|della giornata|del pomeriggio)"
        r"|verso sera|pomeriggio inoltrato|prima (?:che chiudiate|che chiudete|della chiusura|di sera|di cena)|sul tardi|in chiusura|all ora di chiusura"
        r"|seconda parte del pomeriggio|tardo pom",
    ),
    (
        "pranzo",
        r"(?:in |nella |durante la |nell )?(?:pausa|ora di|orario di|ora del|orario) pranzo|all ora di pranzo|a pranzo|(?:verso|per|sotto) pranzo|ora pranzo",
    ),
    ("sera", rf"dopo (?:la )?cena|{_IN}(?:sera|serata)\b|di sera tardi|tarda serata|in tarda sera"),
    ("mattina", rf"{_IN}(?:meta )?{_MORNING}|{_IN}(?:ore |orari\w |fascia )?antimeridian\w"),
    ("pomeriggio", rf"{_IN}(?:meta )?pomeriggio|{_IN}(?:ore |orari\w |fascia )?pomeridian\w"),
]

_ASAP = (
    r"(?:il |al )?(?:piu )?prima possibile|(?:il )?quanto prima(?! (?:bisogna|devo|si deve|dobbiamo))|al piu presto(?: possibile)?|(?:il )?piu presto possibile|il piu presto|prima possibile"
    r"|(?:non )?appena (?:possibile|potete|puoi|riuscite|si libera|si liberasse|(?:c (?:e|è)|ci sta|esce|salta fuori|avete|trovate) (?:(?:un|qualche|una) )?(?:post\w+|buc\w+|spazio|disponibilita|slot|ora liber\w)|ci sono posti"
    r"|avete disponibilita|liber\w+)(?: (?:un |qualche )?(?:posto|buco|appuntamento|slot))?"
    r"|(?:il |al )?prim[oa] (?:posto|data|settimana|giornata|appuntamento|giorno|buco|slot|disponibilita|orario|ora|momento|incontro)"
    r"(?: (?:che )?(?:liber[oa]|disponibile|utile|possibile|avete|c e|hai|ha))+|(?:il |al )?primo (?:disponibile|libero|utile)|la prima (?:disponibile|libera)"
    r"|(?:la )?prima disponibilita|(?:e |è |ho |ha |molto |davvero )?(?:urgente|urgentissimo|urgenza|urgentemente)|con urgenza"
    r"|(?:in )?tempi brevi|a breve|nel piu breve tempo(?: possibile)?|(?:anche|venire|vengo|passo|posso|ricev\w+|appuntamento|libero|libera|incontro|vedervi|vedermi) subito(?! dopo)|^subito$|prima che (?:si puo|potete|puoi)|quando (?:si libera|c e) (?:un )?posto"
)

RULES: list[Rule] = [
    rule(rf"(?<!da )\b(?:{_ASAP})\b", _asap),
    *(rule(rf"\b(?:{words})\b", _part(name)) for name, words in WORDS),
]
