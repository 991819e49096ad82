"""What may be sent as a file: looked at by its content, never believed by its name. The refusals are read by operators."""

import re
import unicodedata
import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from bot.conversations.model import Upload

KINDS = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "text/plain": (".txt",),
}
"""Media types and the endings their names may have; the first is given to a name without one."""
PDF, PNG, JPEG, ODT, DOCX, TXT = KINDS
ENDINGS = tuple(ending for endings in KINDS.values() for ending in endings)
MOST_NAME_CHARS = 80
NO_NAME = "documento"
ALLOWED = "Vanno bene PDF, immagini PNG e JPEG, documenti ODT e DOCX, testi TXT."
EMPTY = "Il file è vuoto. Scegline un altro."
TOO_LARGE = "Il file è troppo grande: al massimo {most}. Scegline uno più piccolo."
NOT_ALLOWED = f"Questo tipo di file non si può allegare. {ALLOWED}"
OTHER_INSIDE = "Il nome del file finisce in {ending}, ma dentro c'è altro. Salvalo di nuovo dal programma e riprova."

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_MIMETYPE_BYTES = 200


class UploadError(ValueError):
    """A file that is not taken; the words are for whoever chose it."""


def checked(name: str, content: bytes, *, most_bytes: int) -> Upload:
    """The file under a clean name, its kind told by its content. Raises `UploadError`."""
    if not content:
        raise UploadError(EMPTY)
    if len(content) > most_bytes:
        raise UploadError(TOO_LARGE.format(most=size_words(most_bytes)))
    clean = clean_name(name)
    ending = PurePosixPath(clean).suffix.lower()
    if ending and ending not in ENDINGS:
        raise UploadError(NOT_ALLOWED)
    kind = kind_of(content)
    if kind is None:
        raise UploadError(OTHER_INSIDE.format(ending=ending) if ending else NOT_ALLOWED)
    if ending and ending not in KINDS[kind]:
        raise UploadError(OTHER_INSIDE.format(ending=ending))
    content = _as_text(content) or content if kind == TXT else content
    return Upload(name=clean if ending else f"{clean}{KINDS[kind][0]}", media_type=kind, content=content)


def clean_name(name: str) -> str:
    """The last part of a path, without what turns text round, hides or means something to a file system."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(
        " " if one.isspace() else one for one in last if unicodedata.category(one)[0] != "C" or one.isspace()
    )
    plain = " ".join(_FORBIDDEN.sub("_", shown).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 10:
        return plain[:MOST_NAME_CHARS] or NO_NAME
    return f"{stem[: MOST_NAME_CHARS - len(ending) - 1].rstrip('. ') or NO_NAME}.{ending}"


def kind_of(content: bytes) -> str | None:
    """The media type, or None for what may not be sent."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    return TXT if _as_text(content) is not None else None


def _kind_of_archive(content: bytes) -> str | None:
    """Text documents only, and none that brings a program along."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = set(archive.namelist())
            if any(name.lower().startswith("basic/") or name.lower().endswith("vbaproject.bin") for name in names):
                return None
            if {"[Content_Types].xml", "word/document.xml"} <= names:
                return DOCX
            if "mimetype" not in names or archive.getinfo("mimetype").file_size > _MIMETYPE_BYTES:
                return None
            return ODT if archive.read("mimetype").strip() == ODT.encode() else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        return None  # damaged, locked with a password, or made to look like an archive


def _as_text(content: bytes) -> bytes | None:
    """The same text in UTF-8; None when it is no text."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        controls = (one for one in text if unicodedata.category(one) == "Cc" and one not in "\t\n\r\f")
        return None if next(controls, None) else text.encode()
    return None


def size_words(count: int) -> str:
    """So many bytes as people read it: `120 kB`, `1,2 MB`."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    return f"{count / 1_000_000:.1f} MB".replace(".", ",").replace(",0 ", " ")
