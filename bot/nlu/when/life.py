"""What a clause tells of someone's life and not of the wish: shifts, school, trains, cures. Its days and hours are taken.

"Alle 16 prendo i bimbi a scuola, posso venire la mattina?" asks for the morning, and four o'clock only explains why.
"""

import re
from dataclasses import dataclass

from bot.nlu.when.lexicon import WD, any_of

# Where one thing said ends and another begins. Speech has no stops: there "quindi", "però", "e poi" part the clauses.
_BREAK = re.compile(
    r"[.;!?:,]|\b(?:ma|pero|quindi|percio|allora|cosi|perche|siccome|dunque|per (?:cui|questo)|comunque|altrimenti|che pero)\b"
    r"|\be (?=(?:poi|adesso|ora|io|posso|potrei|mi|dopo|sono liber\w|non)\b)"
)
# In a clause with one of these the days and hours are what is asked for.
WISH = re.compile(
    r"(?<!non )(?<!nn )\b"
    + any_of(rf"""
    posso / possiamo / potrei / potremmo / potere / poter / puo / puoi / potete / potreste / potrebbe / vorrei / vorremmo / voglio / vuole / volere / volevo / vorreb\w+ / verreb\w+ / verra / verranno / passera / potra\w* / vengo / vieni
    / veniamo / verrei / verro / verremmo / venire / venirci / venir / passo / passare / passerei / passiamo / appuntament\w+ / prenot\w+ / fissa\w* / fissiamo / va bene / vanno bene
    / andrebbe\w* / andare bene / meglio / prefer\w+ / disponibil\w+ / liber[oaie] / ok / okay / sarebbe\w* / c (?:e|è) posto / avete / avreste / riusc\w+
    / riesco / presentar\w+ / facciamo / faremmo / incontr\w+ / colloqui\w* / mett\w+ / segn\w+ / ci vediamo / vederci / vedervi / servirebbe / serve
    / comod\w / diciamo / ideale / perfett\w / dat(?:emi|eci) / dare / dia / diamo / ricev\w+ / chied\w+ / spost\w+ / rimand\w+ / anticip\w+ / postic\w+ / cambiar\w+ / invito / convoc\w+
    / domand\w+ / scad\w+ / solo (?:il |di |la )?{WD} / entro / tranne / il corso / sportello / messaggio / mail / detto / scritto / iscri\w+ / dice / dicono / dici / quando / si / sì / ce la fa\w+ / ci sta\w* / siete / apert\w / chius\w / disposizione / da voi
    / ci (?:sono|siamo) / qualcuno / c (?:e|è) (?:\w+ )?(?:post\w+|qualcuno|buc\w+|spazio|qualche) / vada bene / decid\w+ / sceg\w+ / conviene
    """)
    + r"\b"
)

_ARTICLE = r"(?:(?:il|lo|la|l|i|gli|le|un|uno|una|dei|delle|degli|gia|sempre|anche|pure|da|mi\w|su[oa]|nostr\w) )"
# "Ho il ..." is an engagement unless it is one of these, or has to do with the office.
_NO_ENGAGEMENT = any_of(
    r"""
    bisogno / necessita / urgenza / fretta / tempo / modo / possibilita / disponibilita / problem\w+ / preferenz\w+ / intenzione / voglia / piacere / domand\w+ / vist\w
    / lett\w / trovat\w / ricevut\w / avut\w / pres[oa] / sentit\w / capit\w / fatt\w / dat[oa] / dett\w / chiest\w / pensat\w / pers[oa] / prov\w+ / pensat\w
    / giorn\w+ / mattin\w+ / pomerigg\w+ / ser[ae] / settiman\w / libero / libera / appuntament\w+ / colloqui\w+ / incontr\w+ / prenotazion\w+ / convocazion\w+ / post[oi]
    / minut\w / ann[oi] / mes[ei] / paura / dubbi\w* / piu / non / venti\w* / trenta\w* / quaranta\w* / cinquanta\w* / sessanta\w* / diploma / laurea / patente / macchina
    / auto / tutt[oaie] / document\w+ / fogli\w* / cart[ae] / permesso / invalidita / disoccupazione / naspi / did / lavoro / solo / soltanto / \d+ / \#+ / {WD}
    / riposo / pausa / ragione / di / qualche / buc[oh]\w* / alternativ\w / person\w+ / figl\w+
    """.replace("{WD}", WD)
)
_DOINGS = any_of(r"""
    andare / accompagnare / accompagnarl\w / accompagnarm\w / portare / portarl\w / prendere (?:i|il|la|le|mi\w|su\w|servizio|treno|bus|pullman) / prenderl\w / riprendere / ritirare / stare (?:con|a|male|dietro)
    / lavorare / partire / badare / dare (?:da|la|il|l|una) / tenere / guardare (?:i|il|la|le|mi\w|bambin\w) / curare / assistere / assisterl\w / dormire / cucinare / preparare
    / fare (?:la spesa|il turno|la notte|notte|turno|turni|pulizi\w|mercato|la chemio|la dialisi|fisioterapia|visit\w|esam\w|scuola|terapia|da mangiare|le pulizie|gli esami|il mercato|i letti|i compiti|la doccia|ramadan)
    / essere (?:a|al|in|da) / sostituire / aiutare / aprire / chiudere / uscire / tornare / rientrare / raccogliere / pulire / studiare / aspettare / pregare
    / allattare / svegliar\w+ / mangiare
""")
_FIRST = any_of(
    r"""
    lavoro(?! (?:come|in|presso|da|per)\b) / lavora(?! (?:come|in|presso|da|per)\b) / lavoriamo / accompagno / accompagniamo  / porto (?:i|il|la|le) (?:bimb\w|bambin\w|figli\w|nipot\w+|cane|mamma|papa|nonn\w|piccol\w)
    / prendo (?:il (?:treno|pullman|bus|piccolo|bambino|bimbo|nipot\w+)|la (?:bambina|bimba|piccola|nipotina|corriera)|i (?:bimbi|bambini|figli|nipot\w+|ragazzi)|mi\w|servizio) / (?:ce|me) l (?:ho|ha|hanno(?: (?:mess|dat|fissat)\w)?) / lavorando / studiando / (?:li|lo|la|le|l) (?:porto|prendo|riprendo|lascio|vado a prendere|ritiro|guardo|tengo|assisto|curo) / vado (?!bene)
    / faccio (?:(?:il|la|le|i|gli|un|una|del|dei|delle|sempre|anche) )*(?!un salto|salto|in tempo|sapere|presto|domanda|iscrizione|did|colloquio)\w+ / sto (?:con|dietro|a|al|in|male) / bado / tengo (?:i|il|la|le|mi\w) / curo / assisto / dormo / studio
    / aiuto / alleno / suono / insegno / sono (?:di|in) (?:turno|servizio|reperibilita|cantiere|ospedale|trasferta|viaggio|maternita|malattia|mutua|infortunio|aspettativa|congedo|isolamento|convalescenza) / siamo (?:tutti )?(?:a|al|in|via|fuori|dai|dalla) / sono (?:a|al|dal|dalla|dai) (?!(?:casa|ferie|torino|citta|disposizione|posto|piedi|vostra|conoscenza|carico|zona|lunedi|martedi|mercoledi|giovedi|venerdi)\b)\w+
    / mi alzo / mi sveglio / lascio (?:i|il|la|mi\w) / do (?:il|la|una|da) / guardo i / cucino / pulisco / raccolgo / monto / smonto / timbro / pranzo con / ceno
    / (?:devo|dobbiamo|dovro|dovrei|deve|devono|mi tocca|mi toccherebbe|tocca) (?:\w+ )?(?:DOINGS)
""".replace("DOINGS", _DOINGS)
)
_THEY = any_of(
    r"""
    (?:mi\w|la|il|i|le|l|nostr\w) (?:figli\w|bambin\w|bimb\w|piccol\w|ragazz\w|nipot\w+|marito|moglie|mamma|madre|padre|papa|suocer\w|sorella|fratello|compagn\w|badante|signora|nonn\w|genero|nuora|cognat\w)
      (?:\w+ )?(?:esc\w+|entra\w*|finisc\w+|torna\w*|rientra\w*|lavora\w*|ha|hanno|va|vanno|arriva\w*|parte|partono|dorm\w+|fa|fanno|gioc\w+|mangi\w+|avere|lavorare)
    / (?:treno|pullman|bus|corriera|autobus|traghetto|aereo|volo) (?:\w+ ){0,3}(?:passa|arriva|parte|c (?:e|è)|ce)
    / (?:mi|ci) (?:passa|arriva|parte) (?:il|la) / (?:esco|escono|esce) da scuola
"""
)
# Bare infinitives and nouns of those who learn Italian, and of notes: "io dopo lavorare", "mattina scuola".
_BROKEN = any_of(rf"""
    (?:io|marito|moglie|figli\w|mio \w+|mia \w+|dopo|poi|sempre|che|giorni|anche)? ?{_DOINGS} / (?:avere|tenere) {_ARTICLE}?(?:scuola|corso|visit\w|medico|dottore|turn\w|bambin\w|figli\w|messa|dentista|esam\w|lavoro|treno|\w+terapia)
    / cantiere / scuola(?! media| superiore| elementare) / (?<!impresa di )(?<!lavoro )(?<!ditta di )pulizie / fabbrica / magazzino / moschea / messa / dialisi / chemio / \w*terapia / allenament\w+ / catechismo
    / asilo / lezion[ei] / universita / mercato / turn[oi] / (?:in|dal|dall|dalla|al|all|alla|col|con (?:il|l)) (?:medico|questura|inps|asl|comune|banca|posta|tribunale|notaio|commercialista|avvocato|caf|prefettura|ambulatorio|caserma|cantiere)
    / piscina / palestra / ospedale / dentista / dottore / moschea / ramadan / sempre lavoro
""")
_ENGAGED = any_of(r"""
    scuola / lezion\w / corso / allenament\w+ / verific\w / interrogazion\w+ / matematica / inglese / italiano / palestra / calcio / piscina / danza / judo / basket / visit\w / esam\w
    / udienza / riunion\w / turn\w / lavoro fino / fisioterapia / terapia / dialisi / messa / catechismo / ospiti / impegn\w / cose da fare / da fare / da lavorare
""")
_HAS = rf"(?:ho|abbiamo|avrei|avremmo|avro|avremo|ha|hanno|mi hanno messo)(?: (?:gia|sempre|anche|pure|poi))* (?:(?!{_ARTICLE}*{_NO_ENGAGEMENT}\b){_ARTICLE}+\w+|{_ENGAGED})"
_TOLD = any_of(f"{_HAS} / {_FIRST} / {_THEY} / {_BROKEN}")
TOLD = re.compile(rf"\b(?:{_TOLD})\b")
_SUBJECT = any_of("""
    io / che / poi / perche / pero / di solito / sempre / noi / lui / lei / mia / mio / la / il / i / gia / infatti / tanto / siccome / invece / gli / mi / li / lo / proprio
""")
TOLD_AFTER = re.compile(rf"^ ?,?(?: ?(?:{_SUBJECT}))* ?\b(?:{_TOLD})\b")
# A bare piece between commas goes on with what the clause before it told: "sempre in cantiere, dalle 7 alle 17".
_FRAGMENT = re.compile(
    r"(?: ?,| e| ed|,? tutti i giorni|,? sempre| ?\()[ ,]*(?:di solito |tutti i giorni |sempre |piu o meno |circa |il |la |poi |al |di )*$"
)
# "Lavorando fino alle 14 verrei dopo": nothing between the verb and the hour.
_AT_ONCE = re.compile(
    rf"\b(?:lavoro|lavora|lavorando|studiando|(?:ho|ha) (?:{_ENGAGED}|il turno|il corso|il tirocinio)) $"
)
# "Porto i bimbi alle 8 e alle 9 ...": what follows the "e" is another matter.
_COORDINATE = re.compile(r"\b(?:e|ed|o|oppure|poi|anche) (?:il |la |alle |le |al |di )*$")


@dataclass(frozen=True)
class Around:
    """A piece in its own words and those up to the neighbouring pieces."""

    before: str
    said: str
    after: str
    # No piece follows; the piece before was told of life.
    last: bool
    told: bool


def tells_of_life(piece: Around, *, hours: bool, stretch: bool, onwards: bool) -> bool:
    """Whether the clause around a piece tells of something else that fills it.

    `hours` says that the piece has no day, `stretch` that it is from one hour to another, `onwards` that it is but an hour from which on.
    """
    before, after, last = piece.before, piece.after, piece.last
    tail = clause_after(after)
    if hours and not onwards and _AT_ONCE.search(before):
        return True
    wished = WISH.search(tail)
    if WISH.search(piece.said) or (wished and (last or tail != after)):
        return False
    if piece.told and not onwards and _FRAGMENT.fullmatch(before):
        return not wished
    lead = _clause_before(before, past_comma=stretch)
    if WISH.search(lead):
        return False
    if TOLD.search(lead) and not onwards and not _COORDINATE.search(lead):
        return True
    found = TOLD_AFTER.match(tail)
    return found is not None and not (wished and wished.start() < found.end())


def fills(gap: str) -> bool:
    """Whether the words between a day and an hour say what fills it: "siamo tutti al cimitero"."""
    return not (_BREAK.search(gap) or WISH.search(gap) or _COORDINATE.search(gap)) and TOLD_AFTER.match(gap) is not None


def _clause_before(words: str, *, past_comma: bool) -> str:
    """The words of the clause before a piece; of the clause before that, when a comma parts only the piece from it."""
    clauses = _BREAK.split(words)
    bare = past_comma and len(clauses) > 1 and _FRAGMENT.fullmatch("," + clauses[-1])
    return clauses[-2] if bare and words[: len(words) - len(clauses[-1])].endswith(",") else clauses[-1]


def clause_after(words: str) -> str:
    """The rest of the clause that goes on with these words."""
    return _BREAK.split(words, maxsplit=1)[0]


def clause_around(text: str, place: int) -> str:
    """The clause some place of the text is in."""
    return _BREAK.split(text[:place])[-1] + clause_after(text[place:])
