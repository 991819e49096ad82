"""Teaching: messages to review, lessons and what they changed, what is known and how old it is, models."""
