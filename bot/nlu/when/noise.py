"""What looks like a day or an hour and is not: ages, telephones, laws, streets, amounts, births, greetings, first names."""

import re

from bot.nlu.when.lexicon import ANY_NUMBER, DAY_NUMBER, MONTH, UNITS, WD
from bot.nlu.when.normal import MASK

_I = re.IGNORECASE
_NAMES = (
    r"(?:Domenica|Natale|Sabato|Pasqua|Gennaio|Marzo|Aprile|Maggio|Giugno|Luglio|Agosto|Settembre|Ottobre|Epifania)"
)
_TITLES = (
    r"(?:mi\s+chiamo|si\s+chiama|chiamata|di\s+nome|nome:?|cognome:?|signor[ae]?|sig\.?\s?(?:ra|na|r)?\.?|dott\.?\s?(?:ssa|or|oressa)?\.?"
    r"|dottor(?:e|essa)?|avv\.?|prof\.?(?:ssa)?|geom\.?|rag\.?)"
)
_KIN = r"(?:collega|operatrice|operatore|marito|moglie|zia|zio|nonna|nonno|figlia|figlio|sorella|fratello|amica|amico)"
_NOT_SURNAME = (
    r"(?:Mattin|Pomeriggi|Ser[ae]|Prossim|Scors|Siete|Posso|Vorrei|Alle|Ore|Va|Non|Sono|Vengo|Verr|Ci|Mi|Ho|Dopo|Prima|Grazie|Ok|Se|Per"
    r"|Domenica|Natale|Sabato|(?:Lun|Mart|Mercol|Giov|Ven(?:er)?)e?d[iì]\b|(?:Gennaio|Febbraio|Marzo|Aprile|Maggio|Giugno|Luglio|Agosto)\b|(?:Settembre|Ottobre|Novembre|Dicembre)\b|E\b|O\b|No\b|S[iì]\b|A\b|Da|Al)"
)

# On the message as written: here capitals still tell.
_AS_WRITTEN = [
    re.compile(r"\S+@\S+|https?://\S+|www\.\S+", _I),
    re.compile(r"\b[a-z]{6}\d\d[a-z]\d\d[a-z]\d{3}[a-z]\b", _I),
    re.compile(r"\b(?=[A-Z0-9]*\d)(?=[\d-]*[A-Z])[A-HJKMNP-Z2-9]{3}-[A-HJKMNP-Z2-9]{3}\b"),
    re.compile(r"(?:\+|\b00)\d{2}[\d\s./-]{6,}\d"),
    re.compile(r"(?<![\d/.,-])(?:0\d{2,3}|3\d{2})[\s./-]{0,3}\d(?:[\s./-]?\d){4,9}(?![\d/])"),
    re.compile(r"(?<![\d/.,-])0[26]\s?\d{6,}"),
    re.compile(r"\d{5,}"),
    re.compile(r"(?<![lL])['’]\d\d\b"),
    re.compile(rf"\b(?i:{_TITLES})\s+(?:[A-Z]\w+\s+)?(?i:{_NAMES})\b(?:\s+[A-Z]\w+)?"),
    re.compile(rf"\b(?i:{_KIN})\s+{_NAMES}\b"),
    re.compile(rf"(?<!ci )(?<!Ci )\b(?i:sono)\s+{_NAMES}\b(?!\s+(?i:mattina|sera|pomeriggio|prossim))(?:\s+[A-Z]\w+)?"),
    re.compile(
        rf"(?:^|\bciao|\bsalve|\bbuongiorno|\bbuonasera)[\s,!]*(?:io )?sono\s+{_NAMES}\b(?!\s+(?:mattina|sera|pomer|prossim))",
        _I,
    ),
    re.compile(rf"\b{_NAMES}\s+(?!{_NOT_SURNAME})[A-Z][a-zà-ù]{{2,}}"),
    re.compile(rf"(?<=[a-zà-ù,.] )(?!{_NOT_SURNAME})[A-Z][a-zà-ù]{{2,}}\s+{_NAMES}(?=\s*[,.!?]|\s*$)"),
    re.compile(rf"(?i:saluti|grazie|cordialmente|firmato)[\s,.!]+{_NAMES}\s*[.!]?\s*$"),
]

_STREET = r"(?:via|viale|v\.le|corso|c\.so|piazza|p\.zza|p\.za|piazzale|largo|vicolo|strada|borgo|lungo|lungopo|contrada|galleria)"
_NOT_STREET_NAME = (
    rf"(?:{WD}|{MONTH}|oggi|domani|dopodomani|ieri|il|la|lo|le|i|al|alle|all|dal|dalle|fino|da|per|con|mail|email|e|ma|o|ore|h|entro|dopo"
    r"|prima|verso|tra|fra|che|non|a|posso|settimana|mattina|pomeriggio|sera)\b"
)
_CIVIC = rf"(?:n ?\.? ?|nr\.? ?|numero |, ?)?\d{{1,4}}(?: ?/ ?\w{{1,3}}\b| ?bis\b)?(?! ?(?:{MONTH}|[:/]\d))"
_LAW = (
    r"(?:legge(?: regionale)?|l\.(?:r\.)?|decreto(?: legge| legislativo)?|d\. ?lgs\.?|d\. ?l\.|dlgs|dl|dpr|d\.p\.r\.?|dpcm|dm|d\.m\.|ccnl"
    r"|regolamento|circolare|delibera\w*|dgr|d\.g\.r\.|determina\w*|direttiva|sentenza)"
)
_LABEL = (
    r"(?:art\.?|artt\.?|articol[oi]|comma|protocollo|prot\.?|pratica|bando|avviso|codice|cod\.?|rif\.?|riferimento|ticket|numero|n\.|n°"
    r"|tessera|modello|mod\.?|categoria|cat\.?|livello|sezione|stanza|ufficio|sportello|interno|scala|linea|bus|tram|pullman|autobus|treno"
    r"|lotto|misura|cluster|allegato|punto|under|over|isee(?: di)?|prendo il|il numero|cap|classe|binario|uscita|pagina|fascia)"
)
_FULL_DATE = rf"(?:\d{{1,2}} ?[/.-] ?\d{{1,2}}(?: ?[/.-] ?\d{{2,4}})?|(?:\b{DAY_NUMBER}°? )(?:di )?{MONTH}(?:(?: del)? \d{{2,4}})?|\b\d{{4}}\b)"
_WITH_YEAR = rf"(?:\d{{1,2}} ?[/.-] ?\d{{1,2}} ?[/.-] ?\d{{2,4}}|\d{{1,2}} {MONTH} \d{{4}})"
_PAPER = r"(?:tessera|protocollo|prot\.?|fattura|ricevuta|verbale|delibera\w*|determina\w*|circolare|decreto|dgr|d\.g\.r\.|bando|avviso|gazzetta)"
_WISHED = (
    rf"(?:inizio |fine )?(?:settimana|weekend|week end|week-end|{WD}|mese|natale|pasqua|pasquetta|feste|festa|festivita|vacanze|ferie"
    r"|anno nuovo|anno|capodanno|epifania|befana|ferragosto|estate|giornata|giorno|serata|sera|notte|mattinata|mattina|mattino"
    rf"|pomeriggio|pranzo|cena|lavoro|proseguimento|immacolata|\d{{1,2}} {MONTH}|primo maggio|{MONTH}|san \w+)"
)
_WISH = r"(?:buon|buona|buone|buoni|felice|felici|bella|serena|sereno|auguri di|auguri per|auguri x)"

# On the normal text.
_NORMAL = [
    re.compile(rf"\b{_WISH} (?:\w+ e (?:felice|sereno|serena) )?{_WISHED}(?: di {WD})?"),
    re.compile(rf"\b(?:compiut[oi]|compio|compie)\b[^;!?]{{0,25}}?(?:{_FULL_DATE}|{MONTH})"),
    re.compile(rf"\bnat[oaie]\b[^;!?]{{0,40}}?{_FULL_DATE}|\b(?:data di )?nascita\b[^;!?]{{0,20}}?{_FULL_DATE}"),
    re.compile(rf"\b{_STREET} (?:\d{{1,2}}|[ivx]+|primo|venti|venticinque|quattro|due)°? {MONTH}(?:,? ?{_CIVIC})?"),
    re.compile(rf"\b{_STREET} (?:(?!{_NOT_STREET_NAME})[a-z]+\.? ?){{1,4}}?,? ?{_CIVIC}"),
    re.compile(rf"\b{_LAW} \d{{1,2}} {MONTH} \d{{2,4}}(?:,? (?:n\.? ?)?\d+)?"),
    re.compile(
        rf"(?<!\w){_LAW} ?(?:numero |n\.? ?)?\d+(?: ?[/-] ?\d+)*"
        rf"(?:,? del(?:l anno)? (?:\d{{1,2}} {MONTH}(?: \d{{4}})?|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}|\d{{4}}|\d{{2}}\b))?"
    ),
    re.compile(
        r"\bbabbo natale|(?:mercatin\w|regal\w|pranzo|cenone|albero|canzon\w|pacch\w|bonus|recita|lavorett\w|film|luci|tredicesima) (?:di|per|a) (?:natale|pasqua)\b"
        r"|\bpag\w+ (?:\w+ ){0,2}(?:il|entro il|al) \d{1,2}(?: del mese| di ogni mese)?(?! \w+o\b)|\b(?:aliquota|percentuale|tasso|media) del \d+\b"
        r"|\b(?:autista|capolinea|fermata|corsa) (?:del|della) \d+\b"
    ),
    re.compile(
        rf"\b(?:tessera|patente|carta d identita|passaporto|permesso|documento)\b[^.;!?,]{{0,25}}\bscad(?:e|enza|ra) (?:il |al )?{_WITH_YEAR}"
    ),
    re.compile(rf"\b{_PAPER}[^.;!?,]{{0,20}}? (?:del|dell|in data) {_FULL_DATE}"),
    re.compile(rf"(?<!\w){_LABEL} ?(?:numero |n\.? ?)?\d+(?: ?[/-] ?\d+)*(?! ?{MONTH})(?: del (?:\d{{4}}|[4-9]\d)\b)?"),
    re.compile(r"(?:€|\beuro\b|\beur\b) ?\d[\d.,]*|(?<![\d/])\d[\d.,]* ?(?:€|euro\b|eur\b|mila\b|%|per cento\b)"),
    re.compile(r"\b(?:dalla|dal|da) (?:mattina|mattino) (?:alla|a) (?:sera|notte)\b|\bmattina e sera\b"),
    re.compile(r"\b24 ore su 24\b|\bh ?24\b|\b24 ?/ ?7\b|\b24 ?h\b|\b7 giorni su 7\b|\b7 su 7\b"),
    re.compile(
        r"\bgiorno d oggi\b|\btutt oggi\b|\b(?:fino )?ad? oggi\b(?! a)|\bun domani\b|\b(?:il|del|nel) domani\b|\boggi come oggi\b"
    ),
    re.compile(
        r"\b\d{1,2} ?°? piano\b|\btutti i santi giorni\b|\bsanti giorni\b|\b\d{1,2} ?enne\b|\banni \d\d\b|\btutt[ie] e (?:due|tre)\b"
    ),
    re.compile(
        r"\bpart ?-? ?time (?:\w+ )?(?:mattina|mattutino|pomeriggio|sera)\b|\b(?:turn[oi]) (?:di )?(?:notte|giorno)\b"
    ),
    re.compile(
        r"\b(?:cerc\w+|part ?-? ?time|full ?-? ?time|contratto|tirocinio|stage|orario di lavoro|lavorare|lavoravo|posto di lavoro|offerta)\b[^.;!?,]{0,40}?"
        r"\bdal lunedi al (?:venerdi|sabato|giovedi|domenica)"
    ),
    re.compile(
        r"\b(?:il|al|entro il) \d{1,2} (?:di )?(?:ogni mese|del mese ogni)\b|\bprend\w+ (?:il|l) \d{1,2}(?: o (?:il|l) \d{1,2})?(?! \w+o\b)"
    ),
    re.compile(rf"\bdur\w+ (?:\w+ ){{0,3}}(?:fino|sino) ad? {MONTH}\b"),
    re.compile(r"\bcerc\w+ [^.;!?]{0,40}?\b(?:di|la|al|il|solo|part time) (?:mattina|mattino|pomeriggio|sera)\b"),
    re.compile(r"\b(?:volt[ae]|ore|giorni|euro|#+) (?:al|alla|a|ogni|per) (?:giorno|mese|settimana|mattina|sera)\b"),
]
_MEASURED = re.compile(
    rf"(?<![\d/.,:])(?:\b(?:{ANY_NUMBER}) (?:o {ANY_NUMBER} )?{UNITS}\b)(?P<ago> fa\b| (?:prima|dopo)\b)?"
)
_IN_THAT_TIME = re.compile(
    r"(?:\btra|\bfra|\bentro(?: i| le| massimo)?|\bprossim[ie]|\bda qui a|\bnel giro di|\baltr[ie]|\bnegli|\bun paio di|\bmassimo|\bnon prima di"
    r"|\b(?:\w+di|sabato|domenica|oggi|domani) a|\b(?:alle|ore|le) \w+ e|\bfinire (?:tra|fra)) $"
)
_DATE_AS_NUMBERS = re.compile(r"[0-3]?\d[\s./-][01]?\d[\s./-](?:20)?\d\d$")


def mask_written(text: str) -> str:
    """The message, as long as it was, with numbers of telephones, codes and people's names blotted out."""
    for pattern in _AS_WRITTEN:
        text = pattern.sub(lambda found: found[0] if _DATE_AS_NUMBERS.match(found[0]) else _blot(found), text)
    return text


def mask_normal(text: str) -> str:
    """The normal text, as long as it was, with ages, laws, streets, amounts, births, wishes and durations blotted out."""
    for pattern in _NORMAL:
        text = pattern.sub(_blot, text)
    return _MEASURED.sub(_blot_measure, text)


def _blot_measure(found: re.Match[str]) -> str:
    if found["ago"] or _IN_THAT_TIME.search(found.string[: found.start()]):
        return found[0]
    return _blot(found)


def _blot(found: re.Match[str]) -> str:
    return MASK * len(found[0])
