"""The conversation with Rasa: one internal input channel on its side, one client on ours."""
