"""What the assistant says: replies composed from the knowledge, and the sentences around them. No Rasa here."""
