"""What somebody did on WhatsApp or by text message, as Twilio's form says it, as an arrival.

Of the form only the number, the words, the choice and the position are read: the name in the profile is not.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.conversations.model import Reply
from bot.dialogue.payloads import PayloadError, check_payload
from bot.knowledge.nearest import Point
from channels.arrivals import Arrival, Command
from channels.capabilities import SMS, WHATSAPP
from channels.position import located
from channels.problems import CITIZEN_SENTENCES, Problem
from channels.twilio_words import WHATSAPP_PREFIX
from channels.webchat import can_be_stored, clean_text

OPT_OUT: dict[str, Command] = {"STOP": "stop", "START": "start", "HELP": "help"}
MAX_ID_CHARS = 64


def arrival_of(form: Mapping[str, str], *, most: int) -> Arrival:
    """The arrival; `most`: characters of the longest message taken. Raises `Problem` when the form is not Twilio's."""
    sid, number = form.get("MessageSid") or form.get("SmsMessageSid") or "", form.get("From", "")
    channel = WHATSAPP.name if number.startswith(WHATSAPP_PREFIX) else SMS.name
    number = number.removeprefix(WHATSAPP_PREFIX)
    if not 0 < len(sid) <= MAX_ID_CHARS or not sid.isalnum() or not 0 < len(number) <= MAX_ID_CHARS:
        raise Problem(422, "form", "MessageSid and From are needed")
    arrival = Arrival(channel=channel, address=number, channel_message_id=sid)
    if "Latitude" in form and "Longitude" in form:
        return _located(form, arrival)
    payload = _pressed(form)
    try:
        text = clean_text(form.get("Body", ""), most)
    except Problem as problem:
        if problem.status == 413:
            return replace(arrival, text="(messaggio troppo lungo)", answer=Reply(text=CITIZEN_SENTENCES[413]))
        text = ""
    if payload is not None:
        return replace(arrival, text=text or form.get("ButtonText") or form.get("ListTitle") or "", payload=payload)
    # Twilio answers these itself where it is set to, and says that it did: nobody is told twice.
    answered = OPT_OUT.get(form.get("OptOutType", ""))
    if answered is not None:
        return replace(arrival, text=text, command=answered, told=True)
    if not text:
        return replace(arrival, text="(contenuto non di testo)", command="media")
    return replace(arrival, text=text)


def _pressed(form: Mapping[str, str]) -> str | None:
    """The payload of a button or a row that was touched, if it is one of ours."""
    payload = form.get("ButtonPayload") or form.get("ListId")
    if not payload:
        return None
    try:
        checked = check_payload(payload)
    except PayloadError:
        return None
    return checked if can_be_stored(checked) else None


def _located(form: Mapping[str, str], arrival: Arrival) -> Arrival:
    try:
        point = Point(float(form["Latitude"]), float(form["Longitude"]))
    except ValueError:
        return replace(arrival, text="(posizione)", command="media")
    if not (abs(point.lat) <= 90 and abs(point.lon) <= 180):
        return replace(arrival, text="(posizione)", command="media")
    return located(arrival, point)
