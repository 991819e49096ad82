"""The words between two pieces, and what they make of them: one phrase, a list, a choice, or nothing to do with each other."""

import re
from typing import Literal

Link = Literal["near", "list", "break"]

# Words that neither join nor part: articles, prepositions, courtesies.
_FILLING = frozenset(
    """
    il lo la i gli le l un uno una di del dello della dell dei delle d a al allo alla all ad in nel nella nell nei nelle con su sul sulla per
    alle agli verso circa ore ora orario giorno giorni data mese settimana anno magari possibilmente preferibilmente preferirei preferisco tipo
    diciamo facciamo solo soltanto sempre va bene andrebbe sarebbe meglio ideale perfetto benissimo comodo comoda
    prossimo prossima mattina sera anche esempio grazie senza problemi ogni tutti tutte qualsiasi qualunque qualche qualcuno qualcosa
    sia nella fascia oraria pure proprio ok esatto eventualmente volendo libero libera libere liberi
    disponibile disponibili disponibilita limite va vanno andrebbero starebbe starebbero dentro durante ecco direi penso credo forse indifferente fisso
    """.split()
)
_LISTING = frozenset("e ed o od oppure altrimenti senno sennò ovvero ossia alternativa entrambi anche né ne".split())
_CHOOSING = ("o", "od", "oppure", "altrimenti", "senno", "alternativa")
_WORDS = re.compile(r"[a-zèìéù]+|[^\sa-zèìéù]")

CORRECTION = re.compile(
    r"\banzi(?:,? no\b)?(?:,? si\b)?|\bno,? (?:meglio|aspett\w+|scus\w+|pardon|facciamo|volevo|dai|macche)\b|\bscus\w+\b|\bvolevo dire\b|\bintendevo\b|\bmi correggo\b"
    r"|\bmi (?:sono|son) (?:sbagliat|confus|spiegat)\w*|\bho sbagliato\b|\bpardon\b|\bcioe\b|\bripensandoci\b|\berrata corrige\b|\brettifico\b"
    r"|\bo meglio\b(?! ancora)|\bmacche\b|\baspett[ai]\b|\bripensandoc\w+\b|\bpensandoci\b|\bno dai\b|\bsorry\b|\bcorreggo\b|\bdovevo (?:segnare|scrivere|dire|mettere|scegliere)\b"
)
_APPOSITION = re.compile(r" ?,? ?(?:che (?:è|e|sarebbe|sara)|cioe|ossia|ovvero) (?:il |l |gia )?")
_IF_POSSIBLE = re.compile(
    r"\b(?:sempre )?se (?:(?:e |è |fosse )?possibile|si puo|potete|puo|per voi va bene|va bene|riesce|riuscite)\b"
)
_BARE_NOT = re.compile(r"\b(?:non|no)(?: (?:il|l|di|la))? $")
_NEITHER = re.compile(r"\b(?:non|no|neanche|nemmeno|neppure|manco)(?: (?:il|l|di|la))? $")
_ACCEPTED_NEXT = re.compile(r" ?,? ?(?:ok|si|sì|va bene|invece si|invece sì|invece ok|posso|perfetto)\b")
SENTENCE_END = re.compile(r"[.;!?]")


def link(gap: str) -> Link:
    """How the words of a gap tie what stands before to what stands after."""
    if _APPOSITION.fullmatch(gap):
        return "near"
    words = _WORDS.findall(_IF_POSSIBLE.sub(" ", gap))
    if any(
        word not in _FILLING and word not in _LISTING and word not in (",", "-", "(", ")", "/", ":") for word in words
    ):
        return "break"
    if any(word in _CHOOSING for word in words) or any(word in ("e", "ed", "entrambi", "né", "ne") for word in words):
        return "list"
    if re.search(r"\bva(?:nno)? bene anche\b|\banche\b", gap):
        return "list"
    return "near"


def parts_days(gap: str, before: str, *, opened: bool) -> bool:
    """Whether two days are not of one list: "giovedì a venerdì", "non lunedì, martedì", "dopo il 10 entro il 20"."""
    if opened or re.fullmatch(
        r"[ ,]*(?:a|al|all|alla|con|con un[oa]?)(?: (?:il|l|quello del|quella del|quello di|quella di))? ", gap
    ):
        return True
    return re.fullmatch(r" ?, ?", gap) is not None and _BARE_NOT.search(before) is not None


def accepted_alone(gap: str, before: str, after: str) -> bool:
    """Whether only the second of two days is wanted: "neanche mercoledì giovedì ok"."""
    return not gap.strip() and _NEITHER.search(before) is not None and _ACCEPTED_NEXT.match(after) is not None


def has_comma(gap: str) -> bool:
    """Whether the gap has a comma, a stroke or a slash: a list when it parts two of a kind."""
    return any(sign in gap for sign in ",-/")


def soft(gap: str) -> bool:
    """Whether the gap leaves both sides in one phrase."""
    return link(gap) != "break"
