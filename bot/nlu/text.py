"""Italian as people type it, folded to one spelling for the classifier's features. Nothing a person reads passes here."""

import re

from bot.knowledge.spelling import fold, strip_accents

__all__ = ["SHORTHAND", "expand", "fold", "strip_accents"]

# Abbreviations of text messages, each to what it always stands for.
SHORTHAND = {
    "xke": "perche",
    "xche": "perche",
    "xk": "perche",
    "perke": "perche",
    "xo": "pero",
    "x": "per",
    "nn": "non",
    "cmq": "comunque",
    "qnd": "quando",
    "qnt": "quanto",
    "qst": "questo",
    "qsto": "questo",
    "qlc": "qualcosa",
    "qlcs": "qualcosa",
    "qlcn": "qualcuno",
    "dv": "dove",
    "cm": "come",
    "cn": "con",
    "ke": "che",
    "k": "che",
    "ki": "chi",
    "kome": "come",
    "kosa": "cosa",
    "grz": "grazie",
    "grazzie": "grazie",
    "msg": "messaggio",
    "tel": "telefono",
    "nr": "numero",
    "num": "numero",
    "doc": "documento",
    "docs": "documenti",
    "appunt": "appuntamento",
    "app": "appuntamento",
    "info": "informazioni",
    "tt": "tutto",
    "sn": "sono",
    "sto": "sto",
    "bgiorno": "buongiorno",
    "bngiorno": "buongiorno",
    "buonasera": "buonasera",
    "pls": "per favore",
    "plz": "per favore",
    "xfavore": "per favore",
    "prego": "prego",
    "vrei": "vorrei",
    "cpi": "centro impiego",
}

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_", re.UNICODE)


def expand(text: str) -> str:
    """Folded text with the shorthand of messages written out."""
    return " ".join(SHORTHAND.get(word, word) for word in _WORD.findall(fold(text)))
