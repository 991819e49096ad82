"""What is personal: how it is sealed where it is stored, recognised in text, and kept away from the dialogue."""
