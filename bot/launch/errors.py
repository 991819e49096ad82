"""What can keep the system from starting, each a sentence that says what to do."""


class LaunchError(Exception):
    """The system cannot start; the message is shown as it is, without a traceback."""
