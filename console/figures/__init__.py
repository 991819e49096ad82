"""The page of figures: numbers, drawings, the table behind each, and a file of each."""
