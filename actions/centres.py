"""Which centre, its hours, its contacts; and a place said on its own."""

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.demand import note
from actions.second_request import second_reply
from actions.turn import entity_of, intent_of, text_of, utter
from bot.answers import centres
from bot.answers.sentences import BY_INTENT, say
from bot.clock import today
from bot.conversations.model import Reply
from bot.demand.model import Lack
from bot.knowledge import get_knowledge
from bot.knowledge.model import Centre
from bot.knowledge.places import PlaceReading, read_place

Events = list[dict[str, Any]]


class PlaceAction(Action, ABC):
    """Base of the actions that need a place: finds it, or asks for it, and remembers it."""

    question = "centre"

    @abstractmethod
    def name(self) -> str:
        """The name in the domain."""

    def without_place(self) -> Reply:
        """What to say when no place is known."""
        return Reply(text=centres.ASK_PLACE)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Answer for the site or place meant."""
        site = entity_of(tracker, "centre")
        reading = reading_of(tracker)
        understood = [SlotSet("not_understood", 0)]
        if site and not reading.municipality:
            utter(dispatcher, self.about_centre(site), *second_reply(tracker))
            await note(tracker, *self.lacks([get_knowledge().centres[site]]))
            return understood
        name = (
            reading.municipality
            or single_mention(reading)
            or (tracker.get_slot("municipality") if not reading.candidates and not reading.outside else None)
        )
        if name:
            utter(dispatcher, self.about_place(name), *second_reply(tracker))
            await note(tracker, *self.lacks(centres.centres_near(get_knowledge(), name)))
            return [*understood, SlotSet("municipality", name), SlotSet("pending_question", None)]
        utter(dispatcher, self.ask(reading), *second_reply(tracker))
        return [*understood, SlotSet("pending_question", self.question)]

    def about_centre(self, centre_id: str) -> Reply:
        """The reply about one centre or site."""
        return centres.describe(get_knowledge().centres[centre_id], today=today())

    def about_place(self, name: str) -> Reply:
        """The reply for people of a municipality."""
        return centres.centre_for_municipality(get_knowledge(), name, today=today())

    def lacks(self, asked: list[Centre]) -> list[Lack]:
        """What is not known of these centres, for the operators."""
        return []

    def ask(self, reading: PlaceReading) -> Reply:
        """What to say when the place is missing, doubtful or elsewhere."""
        if reading.outside:
            return Reply(text=say(centres.OUTSIDE))
        if reading.candidates:
            return centres.which_place(reading.candidates)
        if reading.province:
            return centres.which_in_province(reading.province)
        return self.without_place()


class ActionFindCentre(PlaceAction):
    """Which centre to go to."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_find_centre"


class ActionCentreHours(PlaceAction):
    """When a centre is open, as far as anybody told."""

    question = "hours"

    def name(self) -> str:
        """The name in the domain."""
        return "action_centre_hours"

    def without_place(self) -> Reply:
        """Hours are mostly unknown: say so at once instead of asking for a place first."""
        return Reply(text=say(centres.NO_HOURS))

    def about_centre(self, centre_id: str) -> Reply:
        """The hours of one centre; an announced site has none."""
        centre = get_knowledge().centres[centre_id]
        return centres.describe(centre, today=today()) if centre.status == "announced" else centres.hours(centre)

    def about_place(self, name: str) -> Reply:
        """The hours of the centres to speak of for a municipality."""
        replies = [centres.hours(centre) for centre in centres.centres_near(get_knowledge(), name)]
        return Reply(text="\n".join(reply.text for reply in replies))

    def lacks(self, asked: list[Centre]) -> list[Lack]:
        """Those of which no hours are known; an announced site has none to know."""
        return [
            Lack(kind="no_hours", centre=one.id, province=one.province)
            for one in asked
            if one.status != "announced" and not centres.knows_hours(one)
        ]


class ActionCentreContacts(PlaceAction):
    """Telephone, e-mail and website."""

    question = "contacts"

    def name(self) -> str:
        """The name in the domain."""
        return "action_centre_contacts"

    def without_place(self) -> Reply:
        """The freephone number serves every centre."""
        return Reply(text=say(centres.GENERAL_CONTACTS))

    def about_centre(self, centre_id: str) -> Reply:
        """The contacts of one centre."""
        return centres.contacts(get_knowledge().centres[centre_id])

    def about_place(self, name: str) -> Reply:
        """The contacts of the centres to speak of for a municipality."""
        replies = [centres.contacts(centre) for centre in centres.centres_near(get_knowledge(), name)]
        return Reply(text="\n".join(reply.text for reply in replies))


class ActionPlaceGiven(Action):
    """A place said on its own answers the question that was waiting for it; without one, it asks which centre."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_place_given"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Hand over to the action whose question was open; a code is an appointment's."""
        if entity_of(tracker, "appointment_code"):
            return [FollowupAction("appointment_form")]
        pending = tracker.get_slot("pending_question")
        reading = reading_of(tracker, expected=pending is not None)
        if not (reading.municipality or reading.candidates or reading.province or reading.outside or reading.mentions):
            if entity_of(tracker, "centre"):
                return await ActionFindCentre().run(dispatcher, tracker, domain)
            utter(dispatcher, Reply(text=centres.ASK_PLACE if pending else BY_INTENT["inform"]))
            return []
        answering = {"hours": ActionCentreHours, "contacts": ActionCentreContacts}.get(pending or "", ActionFindCentre)
        return await answering().run(dispatcher, tracker, domain)


def reading_of(tracker: Tracker, *, expected: bool | None = None) -> PlaceReading:
    """The place this message speaks of; a button's is taken as it is."""
    place = entity_of(tracker, "place")
    if not text_of(tracker) and place in get_knowledge().by_municipality:
        return PlaceReading(municipality=place, candidates=(), province=None, outside=False, mentions=())
    if expected is None:
        expected = tracker.get_slot("pending_question") is not None and intent_of(tracker) in ("inform", "nlu_fallback")
    return read_place(text_of(tracker), expected=expected)


def single_mention(reading: PlaceReading) -> str | None:
    """The one municipality mentioned without being anybody's home, as in "il centro di Rivoli"."""
    named = {
        name for mention in reading.mentions if len(mention.municipalities) == 1 for name in mention.municipalities
    }
    return named.pop() if len(named) == 1 and not reading.outside else None
