"""Which language a message is written in, among those of people who often write: by their commonest words and letters."""

import re

from bot.nlu.text import strip_accents

_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "the i you my is are do does can could need want help work job jobs please hello hi where how what when have "
        "speak english thank thanks lost looking find appointment for to and not am me this there with office".split()
    ),
    "fr": frozenset(
        "je le les des est et vous mon ma mes pas pour avec travail bonjour merci besoin cherche ou comment parlez francais "
        "aide suis ai une du au dans emploi rendez voudrais s'il nous quel etre peux puis".split()
    ),
    "es": frozenset(
        "yo el los las es y usted mi mis para con trabajo hola gracias necesito busco donde hablo espanol ayuda soy tengo una "
        "quiero puedo pueden ayudar en cita empleo por favor estoy hablan hay muy buenos dias que como cuando perdi".split()
    ),
    "ro": frozenset(
        "eu este sunt si nu pentru cu munca lucru buna multumesc am nevoie caut unde vorbesc romana ajutor vreau pot "
        "programare loc de salut va rog imi unde ce cum limba romaneste serviciu".split()
    ),
    "sq": frozenset(
        "une jam nuk dhe per me pune pershendetje faleminderit kam nevoje kerkoj ku flas shqip ndihme dua mund "
        "takim te lutem si eshte gjuha".split()
    ),
}
# Words of Italian that the lists above share with it, and the commonest of its own.
_ITALIAN = frozenset(
    "il lo la gli le un una di che e non per con sono ho mi si ma come dove quando cosa lavoro vorrei posso devo centro "
    "grazie ciao buongiorno mio mia del della al da in a se anche ce c'e perche xke nn mi hanno fare io no".split()
)
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LETTERS = re.compile(r"[^\W\d_']+(?:'[^\W\d_]+)?")

NAMES = {
    "en": "english|inglese|inglish",
    "fr": "francais|francese|french",
    "es": "espanol|spagnolo|spanish|castellano",
    "ro": "romana|romeno|rumeno|romaneste|romanian",
    "ar": "arabo|arabic|arabe|عربي|العربية",
    "sq": "shqip|albanese|albanian",
}
_NAMED = {code: re.compile(rf"\b(?:{pattern})\b") for code, pattern in NAMES.items()}


def written_language(text: str) -> str | None:
    """`en`, `fr`, `es`, `ro`, `ar` or `sq` when the text is plainly written in it; None for Italian and for doubt."""
    if len(_ARABIC.findall(text)) >= 3:
        return "ar"
    words = _LETTERS.findall(strip_accents(text).lower())
    if not words:
        return None
    italian = sum(word in _ITALIAN for word in words)
    scores = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    best = max(scores, key=lambda code: scores[code])
    enough = scores[best] >= 2 or (len(words) == 1 and scores[best] == 1 and words[0] in {"hello", "bonjour", "hola"})
    return best if enough and scores[best] > italian and scores[best] / len(words) >= 0.3 else None


def named_language(text: str) -> str | None:
    """The language a text speaks of ("parli inglese?"), if it is one of ours."""
    folded = strip_accents(text).lower()
    return next((code for code, pattern in _NAMED.items() if pattern.search(folded)), None)
