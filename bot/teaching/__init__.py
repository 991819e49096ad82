"""Teaching: what was misunderstood, the lessons made of it, written into the files of the project; models made from those."""
