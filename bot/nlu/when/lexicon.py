"""Words of days and hours, folded (no accents, lower case), and the pieces of patterns made of them."""

WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
MONTHS = (
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
)

WEEKDAY_NUMBER = {
    "lunedi": 0,
    "martedi": 1,
    "mercoledi": 2,
    "giovedi": 3,
    "venerdi": 4,
    "sabato": 5,
    "sabati": 5,
    "domenica": 6,
    "domeniche": 6,
    "mar": 1,
}
MONTH_NUMBER = {name: number for number, name in enumerate(MONTHS, 1)}
# Abbreviations count as months only beside a day ("12 apr").
MONTH_ABBREVIATION = {
    "gen": 1,
    "genn": 1,
    "feb": 2,
    "febb": 2,
    "mar": 3,
    "apr": 4,
    "mag": 5,
    "magg": 5,
    "giu": 6,
    "giugn": 6,
    "lug": 7,
    "lugl": 7,
    "ago": 8,
    "set": 9,
    "sett": 9,
    "ott": 10,
    "nov": 11,
    "dic": 12,
}

_UNITS = ("uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove")
_TEENS = ("dieci", "undici", "dodici", "tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto")
_TENS = {"venti": 20, "trenta": 30, "quaranta": 40, "cinquanta": 50}


def _numbers() -> dict[str, int]:
    words = {word: number for number, word in enumerate((*_UNITS, *_TEENS, "diciannove"), 1)}
    for ten, value in _TENS.items():
        words[ten] = value
        for number, unit in enumerate(_UNITS, 1):
            stem = ten[:-1] if unit[0] in "uo" else ten
            words[stem + unit] = value + number
    return words


NUMBER = _numbers()
COUNT = {**NUMBER, "un": 1, "una": 1}
ORDINAL = {"prim": 1, "second": 2, "terz": 3, "quart": 4, "ultim": -1}

WD = "(?:" + "|".join(name for name in WEEKDAY_NUMBER if name != "mar") + ")"
MONTH = "(?:" + "|".join(MONTHS) + ")"
MONTH_LOOSE = "(?:" + "|".join([*MONTHS, *sorted(MONTH_ABBREVIATION, key=len, reverse=True)]) + r")\b\.?"
_BY_LENGTH = sorted(NUMBER, key=len, reverse=True)
DAY_NUMBER = r"(?:3[01]|[12]\d|0?[1-9]|" + "|".join(w for w in _BY_LENGTH if NUMBER[w] <= 31) + r")"
ANY_NUMBER = r"(?:\d{1,3}|una?|" + "|".join(_BY_LENGTH) + ")"
NEXT = "(?:prossim[aeio]|ventur[aeio]|entrante|che viene|seguente prossim[ao])"
LAST = "(?:scors[aeio]|passat[aeio]|precedent[ei])"

# What follows a number that is not a day: things counted or measured.
UNITS = (
    r"(?:euro|eur|anni|anno|mesi|mese|giorni|gg|settimane|sett|ore(?! ?[.:]? ?(?:\d|mezz|\" + \"|\".join(w for w in _BY_LENGTH if NUMBER[w] < 25) + r\"))|minuti|min|volte|volta|figli\w?|bambin\w|persone|persona"
    r"|colleghi|amic\w+|domande|documenti|cose|colloqui|corsi|posti|operai\w?|chilometri|km|metri|mq|per cento|piano|esim\w"
    r"|cv|fogli|pagine|copie|curriculum|contratti|lavori|offerte|candidat\w+|mail|messaggi|telefonate|chiamate|crediti|punti|g\\b|gb|kg|cm|mm)"
)

# Each to what it always stands for in a message about days; more than bot.nlu.text knows, because only here is it safe.
SHORT = {
    "lun": "lunedi",
    "mart": "martedi",
    "mer": "mercoledi",
    "merc": "mercoledi",
    "gio": "giovedi",
    "giov": "giovedi",
    "ven": "venerdi",
    "vener": "venerdi",
    "sab": "sabato",
    "dmn": "domani",
    "dmni": "domani",
    "dmani": "domani",
    "doma": "domani",
    "domn": "domani",
    "domai": "domani",
    "dopodmn": "dopodomani",
    "dopodom": "dopodomani",
    "posdomani": "dopodomani",
    "prox": "prossimo",
    "pross": "prossimo",
    "proximo": "prossimo",
    "proxima": "prossima",
    "prossim": "prossimo",
    "matt": "mattina",
    "mattin": "mattina",
    "mattine": "mattina",
    "mattinate": "mattinata",
    "pom": "pomeriggio",
    "pome": "pomeriggio",
    "pomer": "pomeriggio",
    "pomeriggi": "pomeriggio",
    "sere": "sera",
    "serate": "serata",
    "gg": "giorni",
    "min": "minuti",
    "hh": "ore",
    "hr": "ore",
    "settim": "settimana",
    "weeknd": "weekend",
    "oggigiorno": "sempre",
    "ogi": "oggi",
    "oggie": "oggi",
    "stam": "stamattina",
    "stamani": "stamattina",
    "stamane": "stamattina",
    "stammattina": "stamattina",
    "dp": "dopo",
    "poss": "posso",
    "psso": "posso",
    "nom": "non",
    "nopn": "non",
    "vb": "va bene",
    "bn": "bene",
    "pasquette": "pasquetta",
}

# Words of days long enough to be recognised through a typing error.
CORRECTABLE = (
    *(w for w in WEEKDAY_NUMBER if w not in ("sabati", "domeniche", "mar")),
    *MONTHS,
    *(w for w in NUMBER if len(w) > 6),
    "domani",
    "dopodomani",
    "domattina",
    "stamattina",
    "stasera",
    "mattina",
    "mattinata",
    "pomeriggio",
    "settimana",
    "settimane",
    "prossimo",
    "prossima",
    "mezzogiorno",
    "weekend",
    "ferragosto",
    "capodanno",
    "epifania",
    "pasquetta",
    "immacolata",
    "possibile",
    "qualsiasi",
    "appuntamento",
    "tranne",
    "eccetto",
    "escluso",
)

# Real words and first names one letter away from those: never corrected.
NOT_ERRORS = frozenset(
    """
    domanda domande domando domandi domini romani domane domati donami marco mario marzia marza marte marta martina mattia mattino matita
    gennaro gennari aprite aprire aprila aprili aprilo aprirle domenico domeniche domenicana agosta augusto agostino angosto
    luglia giungo foglio giugni maggior maggiore maggi magico ottone ottobri settembrini mercoledi
    salato sabata sabati sabatino sabbato sbagliato tranno tranni tratte trance trenne stesera prossime prossimi prossimita
    mattine settimo settima settimana possibili impossibile qualsivoglia esclusa esclusi esclude escludo eccetera accetto eccetti
    possiamo pressiamo appartamento appostamento appuntamenti dimentica domestica domenicale domenicali domenicano domenicane esclusivo
    manzo mazzo marmo marzio mangio miraggio maneggio maggiora maggiori quarantena quarantina cinquantina cinquina quindicina quindicine
    quadrante quadranti domandina domandin domandai domano domai demani domanti venditore martelli martello marinata macinata masticata
    marginata mattonata mattana mattanza matrigna mattinale mattinali mattutina trentina trentine trentini trentino sanato sbarbato
    sgarbato sabotato ginnasio ottonare settimina settimini settimino settimia settimine quattrino quatto tradisci giungano giungono grugno
    apribile disciolto quantici immacolate immacolati immacolato immolata ventilai ventilare vestirei vestissi tentatore tentassi tentasti
    passabile passibile passibili parossismo perissimo provassimo prosaico prosaica venderai venderei venerai venerei stampera staccera
    eccepito eccitato ecceduto escluse esclusero tiranne tirannie pastetta lugli gennai agosti venturo capiranno caperanno trontano
    quattordio maggiolino martinetti domenici pasqualetta capitanno mezzogiorni natale natali pasquale marzi giugno luglio martedi giovani giovane giovanni giovedi
    vederci vedere venerdi venerato mattoni mattone domatori pomeriggi settimanale settimanali novembri dicembri domavo domato
    """.split()
)


def count(word: str) -> int:
    """The number that digits or a word stand for; 0 for any other word."""
    return int(word) if word.isdigit() else COUNT.get(word, 0)


def any_of(phrases: str) -> str:
    """The pattern of any of the phrases, set apart by strokes."""
    return "(?:" + "|".join(" ".join(phrase.split()) for phrase in phrases.split(" / ")).strip() + ")"
