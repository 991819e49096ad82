"""Talks with questions: topics, centres, what is not understood, small talk. The answers are the product's own."""

from bot.answers import centres as about_centres
from bot.answers import sentences
from bot.answers.sentences import BY_INTENT, say
from bot.answers.topics import answer_topic, source_of, topic_button
from bot.conversations.model import Button, Reply
from bot.demand.model import Lack
from bot.dialogue.payloads import make_payload
from channels.sentences import FAILED, STOPPED
from console.demo.leaving import lacks
from console.demo.talk import Talk
from console.demo.wording import Said, data, write

SUGGESTED = {"centre_hours": "Orari dei centri", "book_appointment": "Prenotare", "find_centre": "Trovare il centro"}
PERSON = Button(title="Parlare con una persona", payload=make_payload("talk_to_operator"))
NONE_OF_THESE = Button(title="Nessuna di queste", payload=make_payload("none_of_these"))
ASK_PERSON = Button(title="Sì, una persona", payload=make_payload("talk_to_operator", reason="not_understood"))
STARTS = ("did", "naspi-discoll", "offerte-lavoro")


def greets(talk: Talk) -> None:
    """Some begin with a greeting alone."""
    if talk.chance.random() < 0.14:
        small_talk(talk, "greet")


def small_talk(talk: Talk, intent: str) -> None:
    """A sentence with a fixed answer."""
    talk.asks(_sentence(talk, intent), intent, "action_say")
    buttons = start_buttons(talk) if intent in ("greet", "ask_help") else ()
    if intent in ("complaint", "insult"):
        buttons = (PERSON,)
    talk.bot(Reply(text=say(BY_INTENT[intent]), buttons=buttons))


def topics(talk: Talk) -> None:
    """One topic, often a part of it, sometimes another."""
    greets(talk)
    for _ in range(talk.chance.choices((1, 2, 3), (70, 24, 6))[0]):
        _topic(talk)
    _thanks(talk, good=0.78)


def _topic(talk: Talk) -> None:
    known = data("topics")
    topic = talk.chance.choices(list(known), [one["weight"] for one in known.values()])[0]
    aspect, said = None, known[topic]["said"]
    if known[topic].get("asks") and talk.chance.random() < 0.2:
        aspect = talk.chance.choice(list(known[topic]["asks"]))
        said = known[topic]["asks"][aspect]
    talk.asks(_written(talk, talk.chance.choice(said)), f"faq/{topic}", "action_answer_topic", near=_near(talk, topic))
    talk.bot(answer_topic(talk.world.knowledge, topic, aspect=aspect, today=talk.today))
    while talk.chance.random() < 0.36:
        asks_more = [one for one in talk.choices if one.payload.startswith(("/ask_topic", "/show_source"))]
        button = talk.chance.choice(asks_more)
        carried = talk.presses(button, "action_answer_topic")
        if button.payload.startswith("/show_source"):
            talk.bot(source_of(talk.world.knowledge, carried["topic"]))
            return
        part = carried.get("aspect")
        talk.bot(answer_topic(talk.world.knowledge, carried["topic"], aspect=part, today=talk.today))


def taken_wrongly(talk: Talk) -> None:
    """Answered with confidence and beside the point: the citizen says so."""
    case = talk.chance.choice(data("not_understood")["taken_wrongly"])
    meant = [f"faq/{case['meant']}"] if case["meant"] else ["out_of_scope"]
    talk.asks(_written(talk, case["said"]), case["taken"], "action_answer_topic", near=meant)
    topic = case["taken"].removeprefix("faq/")
    talk.bot(answer_topic(talk.world.knowledge, topic, aspect=None, today=talk.today))
    if talk.chance.random() < 0.7:
        small_talk(talk, "deny")
    _thanks(talk, good=0.1)


def centres(talk: Talk) -> None:
    """Which centre, its hours, its telephone."""
    greets(talk)
    town = talk.person.town
    intent = talk.chance.choices(("find_centre", "centre_hours", "centre_contacts"), (60, 25, 15))[0]
    near = [one for one in ("find_centre", "centre_hours", "centre_contacts") if one != intent]
    talk.asks(_sentence(talk, intent), intent, f"action_{intent}", near=near)
    talk.bot(_about(talk, intent, town))
    if talk.chance.random() < 0.45 and talk.choices:
        button = talk.choices[talk.chance.randint(0, 1)]
        wanted = button.payload[1:].partition("{")[0]
        if wanted in near:
            talk.presses(button, f"action_{wanted}")
            talk.bot(_about(talk, wanted, town))
    _thanks(talk, good=0.6)


def _about(talk: Talk, intent: str, town: str) -> Reply:
    knowledge = talk.world.knowledge
    if intent == "find_centre":
        return about_centres.centre_for_municipality(knowledge, town, today=talk.today)
    told = about_centres.hours if intent == "centre_hours" else about_centres.contacts
    near = about_centres.centres_near(knowledge, town)
    if intent == "centre_hours":
        for one in near:
            if not about_centres.knows_hours(one):
                lacks(talk, Lack(kind="no_hours", centre=one.id, province=one.province))
    return Reply(text="\n".join(told(centre).text for centre in near))


def not_understood(talk: Talk) -> bool:
    """Not understood; then a suggestion taken, other words, or nothing. Returns whether a person is wanted now."""
    groups = {name: group for name, group in data("not_understood").items() if name != "taken_wrongly"}
    group = groups[talk.chance.choices(list(groups), [one["weight"] for one in groups.values()])[0]]
    said = talk.chance.sample(group["said"], 2)
    talk.puzzles(_written(talk, said[0]), group["near"])
    suggested = (*(_suggestion(talk, name) for name in group["near"] if name in SUGGESTED or name[:4] == "faq/"),)
    asked = sentences.DID_YOU_MEAN if suggested else sentences.SAY_IT_DIFFERENTLY
    talk.bot(Reply(text=asked, buttons=(*suggested, NONE_OF_THESE) if suggested else ()))
    what = talk.chance.random()
    meant = group.get("meant")
    if meant and what < 0.25:
        talk.asks(_written(talk, said[1]), f"faq/{meant}", "action_answer_topic", near=group["near"])
        talk.bot(answer_topic(talk.world.knowledge, meant, aspect=None, today=talk.today))
        return False
    if what < 0.4:
        _thanks(talk, good=0.0)
        return False
    if what < 0.6 and suggested:
        talk.presses(NONE_OF_THESE, "action_not_understood")
    else:
        talk.puzzles(_written(talk, said[1]), group["near"])
    talk.bot(Reply(text=say(sentences.OFFER_PERSON), buttons=(ASK_PERSON, *start_buttons(talk))))
    lacks(talk, Lack(kind="no_answer", reason="not_understood", topic=group["near"][0]))
    return talk.chance.random() < 0.5


def _suggestion(talk: Talk, name: str) -> Button:
    if name in SUGGESTED:
        return Button(title=SUGGESTED[name], payload=make_payload(name))
    return topic_button(talk.world.knowledge, name.removeprefix("faq/"))


def elsewhere(talk: Talk) -> None:
    """Somebody else's matter."""
    talk.strays(_sentence(talk, "out_of_scope"))
    talk.bot(Reply(text=say(sentences.OUT_OF_SCOPE)))
    lacks(talk, Lack(kind="off_topic"))
    if talk.chance.random() < 0.3:
        _topic(talk)


def language(talk: Talk) -> None:
    """Another language: that the assistant answers in Italian; some then try it in Italian."""
    said = data("small_talk")["languages"]
    code = talk.chance.choice(list(said))
    talk.asks(_written(talk, talk.chance.choice(said[code])), "change_language", "action_language")
    talk.bot(Reply(text=say(sentences.LANGUAGES[code])))
    if talk.chance.random() < 0.4:
        _topic(talk)


def danger(talk: Talk) -> None:
    """The emergency numbers, at once."""
    talk.asks(_sentence(talk, "danger"), "danger", "action_danger")
    talk.bot(Reply(text=say(sentences.DANGER)))


def stops(talk: Talk) -> None:
    """STOP on the channels where it counts; elsewhere the answer of the dialogue."""
    _topic(talk)
    if talk.channel == "webchat":
        small_talk(talk, "stop_messages")
        return
    talk.writes(talk.chance.choice(("STOP", "stop", "Stop")))
    talk.stops()
    talk.bot(Reply(text=STOPPED))


def failure(talk: Talk, number: int) -> None:
    """A message the dialogue failed on, with the number to quote."""
    talk.writes(_sentence(talk, "find_centre").text)
    talk.bot(Reply(text=say(FAILED, number=str(number))), wait=14)


def nothing(talk: Talk) -> None:
    """The chat was opened and nothing said."""


def _thanks(talk: Talk, *, good: float) -> None:
    """Some thank, some say what they thought of it; `good`: how likely it is praise."""
    if talk.chance.random() < 0.3 and good > 0.3:
        small_talk(talk, "thanks")
    if talk.chance.random() < 0.3:
        rating = "up" if talk.chance.random() < good else "down"
        talk.rates(rating, talk.chance.choice(data("desk")["good" if rating == "up" else "bad"]))


def _sentence(talk: Talk, intent: str) -> Said:
    return _written(talk, talk.chance.choice(data("small_talk")[intent]))


def _written(talk: Talk, template: str) -> Said:
    return write(template, talk.chance, talk.person.style, town=talk.person.town)


def _near(talk: Talk, topic: str) -> list[str]:
    related = talk.world.knowledge.services[topic].related
    return [f"faq/{one}" for one in related[:3] if one in talk.world.knowledge.services]


def start_buttons(talk: Talk) -> tuple[Button, ...]:
    """Where people most often start from."""
    return tuple(topic_button(talk.world.knowledge, topic) for topic in STARTS)
