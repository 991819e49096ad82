"""The operators' web application: transcripts, takeover, privacy. Behind a login, on a port of its own, never public."""
