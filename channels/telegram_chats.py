"""The address of a chat on Telegram: its id, and in a group with topics the topic too, as `-1001234567890/17`.

A topic is a conversation of its own, answered where it was asked.
"""

from telegram import Message


def address_of(message: Message) -> str:
    """Where a message was written, and is to be answered."""
    chat = str(message.chat.id)
    return f"{chat}/{message.message_thread_id}" if message.is_topic_message and message.message_thread_id else chat


def chat_of(address: str) -> int:
    """The chat's id."""
    return int(address.partition("/")[0])


def topic_of(address: str) -> int | None:
    """The topic's id; None outside topics."""
    topic = address.partition("/")[2]
    return int(topic) if topic else None
