"""What people asked for and did not get, noted when it is said to them; nothing here is about a person."""
