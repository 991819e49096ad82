"""The operators' calendar: weeks and days of desks, appointments, booking on behalf, opening hours and closures, desks."""

from console.calendar import (
    appointment_page,
    booking_page,
    calls_page,
    changes_page,
    desks_page,
    opening_page,
    week_page,
)

PAGES = (week_page, appointment_page, changes_page, booking_page, opening_page, calls_page, desks_page)
"""Modules with routes."""
