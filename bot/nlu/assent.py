"""A plain yes, a plain no."""

import re

from bot.knowledge.spelling import fold

_YES = re.compile(
    r"(?:s[iì]+|si si|ok(?:ay|ei)?|va bene|confermo|conferma|certo|certamente|accetto|accett|d accordo|perfetto|esatto|giusto|bene|benissimo|"
    r"ci sto|affare fatto|andata|apposto|a posto|facciamo cosi|confermiamo|confermato|prenotami|ok dai|ottimo|eccome|come no|"
    r"va benissimo|procedi|prenota|prenotalo|prenotamelo|lo prendo|volentieri|sicuro|assolutamente|yes|daje|tutto giusto|tutto ok|e giusto|mi va bene)"
)
_NO = re.compile(
    r"(?:no+|nn|non accetto|non confermo|non va bene|no grazie|niente affatto|sbagliato|e sbagliato|non mi va bene|assolutamente no)"
)


_HIDDEN = re.compile(r"\[(?:telefono|e-mail|codice fiscale|iban|nome)\]")
_THUMBS = {
    "\N{THUMBS UP SIGN}": "ok",
    "\N{OK HAND SIGN}": "ok",
    "\N{WHITE HEAVY CHECK MARK}": "ok",
    "\N{THUMBS DOWN SIGN}": "no",
}


def plain_words(text: str) -> str:
    """The words of a text, folded, without punctuation and without what stands for hidden personal data."""
    return " ".join(re.sub(r"[^\w]+", " ", fold(_HIDDEN.sub(" ", text))).split())


_BESIDE_YES = frozenset(
    """
    grazie mille tutto tutti molto tante pure quello quella questo questa lo la li le il l i per me a mi allora dai cosi prego gentile
    gentilissimo gentilissima ciao buongiorno buonasera anche e certo direi penso credo proprio che di va sta vanno prendo prenoto subito ora
    adesso procediamo andiamo avanti fai fallo faccia signore signora raga bro appuntamento prenotazione dati privacy miei condizioni
    informativa letto ho capito d accordo eh ah oh beh ovviamente ovvio sono io
    """.split()
)


def says_yes(text: str) -> bool:
    """Whether the message agrees and says nothing else: "ok aspetta" and "non confermo" do not."""
    plain = _worded(text)
    rest = re.sub(rf"\b{_YES.pattern}\b", " ", plain).split()
    return plain.split() != rest and len(rest) <= 5 and all(word in _BESIDE_YES for word in rest)


def says_no(text: str) -> bool:
    """Whether the message refuses and says nothing else."""
    plain = _worded(text)
    rest = re.sub(rf"\b{_NO.pattern}\b", " ", plain).split()
    return plain.split() != rest and len(rest) <= 2


def _worded(text: str) -> str:
    return plain_words("".join(f" {_THUMBS[c]} " if c in _THUMBS else c for c in text))
