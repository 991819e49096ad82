"""The public edge: the doors people come through, the inbox, the outbox and the worker between them."""
