"""Reading a Rasa parse: the full intent name, its calibrated confidence, and whether the assistant would act on it."""

from typing import Any

FALLBACK_INTENT = "nlu_fallback"
DECLINED = frozenset({"out_of_scope"})
"""Intents that are recognised in order to be declined: the assistant acts on none of them."""

RANKING_KEY = "topics"
"""Where the classifier leaves its calibrated ranking of full intent names in the parse."""

ALSO_KEY = "also"
"""Where the classifier leaves the second request of a message: `{"intent": ..., "aspect": ...}`."""


def read_parse(parse: dict[str, Any]) -> dict[str, Any]:
    """`{text, intent, confidence, entities, fallback, asks, ranking}` from Rasa's parse data.

    `intent` is the likeliest full name (`faq/did`), also when `fallback` is true: then the assistant asks or declines.
    `asks`: it is too unsure to do either.
    """
    decided = (parse.get("intent") or {}).get("name")
    ranking = parse.get(RANKING_KEY) or []
    if ranking:
        intent, confidence = ranking[0]["name"], ranking[0]["confidence"]
    else:
        intent, confidence = decided, (parse.get("intent") or {}).get("confidence")
    entities = [
        {key: entity.get(key) for key in ("entity", "value", "start", "end")} for entity in parse.get("entities") or []
    ]
    return {
        "text": parse.get("text"),
        "intent": intent,
        "confidence": confidence,
        "entities": entities,
        "fallback": decided in (None, FALLBACK_INTENT) or intent in DECLINED,
        "asks": decided in (None, FALLBACK_INTENT),
        "ranking": ranking,
    }
