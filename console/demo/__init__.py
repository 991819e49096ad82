"""A believable month of conversations that never were, to judge the console with. Everything made here is marked as sample.

Nothing of it can leave: the database queues no message of a sample conversation (migration 0009).
"""
