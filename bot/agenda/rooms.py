"""The video room of an appointment: an address made from the configured template and a name nobody can guess."""

import base64
from uuid import UUID

from bot.privacy.sealing import fingerprint
from bot.settings import SettingsError, get_settings

NAME_BYTES = 15  # 24 letters and digits


def room_name(appointment_id: UUID) -> str:
    """The room's name: small letters and digits, always the same for an appointment, and for no other."""
    digest = fingerprint("video room", appointment_id.hex)[:NAME_BYTES]
    return f"sportello-{base64.b32encode(digest).decode().lower()}"


def room_url(appointment_id: UUID) -> str:
    """The room's address. Raises `SettingsError` when the template has no place for the name."""
    template = get_settings().video_url_template
    if "{room}" not in template:
        raise SettingsError("SPORTELLO_VIDEO_URL_TEMPLATE deve contenere {room}, come https://video.example.org/{room}")
    return template.replace("{room}", room_name(appointment_id))
