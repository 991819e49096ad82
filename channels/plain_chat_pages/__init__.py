"""Templates of the chat without scripts, and what they show."""
