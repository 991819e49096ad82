"""What the assistant knows: centres, services, municipalities. Typed, validated, each fact with source and date.

Knows nothing of Rasa. Unknown stays unknown: a missing fact is None, and whoever speaks says so.
"""

from bot.knowledge.load import Knowledge, KnowledgeError, get_knowledge, load_knowledge

__all__ = ["Knowledge", "KnowledgeError", "get_knowledge", "load_knowledge"]
