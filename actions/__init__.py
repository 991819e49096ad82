"""rasa-sdk actions: dialogue in, calls to `bot`, events out. One module a family, nothing at import."""

from actions.appointments import ActionAppointments, ActionLeaveTalk, ValidateAppointmentForm
from actions.centres import ActionCentreContacts, ActionCentreHours, ActionFindCentre, ActionPlaceGiven
from actions.erasing import ActionEraseMe
from actions.limits import ActionDanger, ActionDeclined, ActionLanguage, ActionNotUnderstood
from actions.people import ActionCallBack, ActionPerson
from actions.small_talk import ActionRepeat, ActionSay, ActionStartOver
from actions.topics import ActionAnswerTopic

__all__ = [
    "ActionAnswerTopic",
    "ActionAppointments",
    "ActionCallBack",
    "ActionCentreContacts",
    "ActionCentreHours",
    "ActionDanger",
    "ActionDeclined",
    "ActionEraseMe",
    "ActionFindCentre",
    "ActionLanguage",
    "ActionLeaveTalk",
    "ActionNotUnderstood",
    "ActionPerson",
    "ActionPlaceGiven",
    "ActionRepeat",
    "ActionSay",
    "ActionStartOver",
    "ValidateAppointmentForm",
]
