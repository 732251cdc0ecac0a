"""What is raised when a law does not hold."""


class Broken(AssertionError):
    """A law does not hold.

    Operator: the command in the message runs the very same again.
    """

    def __init__(self, law: str, entity: str, expected: str) -> None:
        super().__init__(f"{law}: {entity}: {expected}")
        self.law = law
        self.entity = entity
        """Whose: its id is what to look for in records."""
        self.expected = expected


def insist(holds: object, law: str, entity: str, expected: str) -> None:
    """Raise unless it holds. Where `expected` takes long to write, raise by hand instead."""
    if not holds:
        raise Broken(law, entity, expected)
