"""When a person means: `read_when` for a whole message, `spans` for its pieces.

Conventions: `sportello when` in the documentation. A definite wrong day is the worst outcome, so what can be two days is asked.
"""

from bot.nlu.when.reader import read_when, spans
from bot.nlu.when.reading import Reading
from bot.nlu.when.result import When

__all__ = ["Reading", "When", "read_when", "spans"]
