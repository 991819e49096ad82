"""What can keep a model from being trained or put live.

ModelError
├── BusyError         a training is under way
├── NotComparedError  nobody has compared the model with the live one
└── WorseError        it is worse, and nobody said why it is put live all the same
"""


class ModelError(Exception):
    """Something about a model cannot be done; the message is a sentence for operators."""


class BusyError(ModelError):
    """Un addestramento è già in corso: aspetta che finisca, o annullalo."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class NotComparedError(ModelError):
    """Prima confronta questo modello con quello in servizio: nessuno l'ha ancora fatto."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class WorseError(ModelError):
    """The model gets fewer of the lessons right than the live one."""

    def __init__(self, *, right_before: int, right_after: int, cases: int) -> None:
        super().__init__(
            f"Questo modello sbaglia di più: delle {cases} prove ne capisce {right_after}, quello in servizio "
            f"{right_before}. Per metterlo in servizio lo stesso scrivi perché."
        )
