"""Citizens' and the assistant's words, made harmless for whoever reads them: on screen, on paper, in a spreadsheet."""

import re

# Marks that turn the direction of text round or hide characters; control characters but line break and tab.
_TRICKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\x00-\x08\x0b-\x1f\x7f-\x9f]")
_JOINED_EMOJI = re.compile("(?<=[\u2190-\U0001faff\ufe0f])\u200d(?=[\u2190-\U0001faff])")
_KEEP = "\ue000"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def harmless(text: str) -> str:
    """The text without characters that show one thing and are another. What is left reads the same for honest text."""
    if text.isascii() and text.isprintable():
        return text
    kept = _JOINED_EMOJI.sub(_KEEP, text.replace("\r\n", "\n").replace(_KEEP, ""))
    return _TRICKS.sub("", kept).replace(_KEEP, "\u200d")


def cell(value: object) -> object:
    """A value for a spreadsheet: text that it could take for a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = harmless(value)
    return "'" + text if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
