"""The talk about an appointment: booking, moving, cancelling, waiting. Plain Python, no Rasa.

One message comes in as `Heard`, what was agreed so far is `State`, and `conversation.take_turn` gives the next state and
what to say. From words to wishes: `cues` (yes, no, stop, modes), `wish` (days and hours), `where` (sites), `search` (offers).
"""
