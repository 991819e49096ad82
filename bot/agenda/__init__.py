"""The virtual desk: services, calendars, free slots, appointments. Nothing of Rasa, channels or sentences in here.

`model` has the terms and the protocol `AppointmentBook`; `postgres` is the book that is used unless another is set.
"""
