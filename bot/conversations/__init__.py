"""Conversations and their messages: the transcript, from the first day."""
