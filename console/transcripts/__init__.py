"""Transcripts: the list, searching, one conversation, what operators add to it, exports."""
