"""Questions citizens left for a person: the list, answering in writing, how many wait in the menu."""
