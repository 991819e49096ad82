"""What the pages of appointments are made of: templates, their facts, the choice of a new place, style and scripts."""
