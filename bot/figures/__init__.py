"""Figures: what was asked and done, counted the same way everywhere.

Definitions: `definitions.py`. Most figures are counted from `figure_days` and `figure_hours`, small rows that sum up each
conversation day by day, so that a year is read in a moment; the rest directly from the tables of the agenda, of
requests for a person, of ratings and deliveries. Days are Italian days.
"""
