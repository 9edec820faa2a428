"""What was to be broken. A fault that met nothing proves nothing, so a plan does not end in silence."""

import dataclasses


class NeverFired(AssertionError):
    """A test injected a fault that nothing ran into."""


@dataclasses.dataclass
class Planned:
    """One fault: what it is, for the message, and how often something ran into it."""

    name: str
    fired: int = 0


class Plan:
    """The faults of a proxy. at_random: a campaign drew them, and some may meet nothing."""

    def __init__(self):
        self.faults = []
        self.at_random = False

    def add(self, fault):
        self.faults.append(fault)
        return fault

    def end(self):
        """Forgets the faults; raises where one of them never fired."""
        faults, self.faults = self.faults, []
        idle = [] if self.at_random else [fault.name for fault in faults if not fault.fired]
        if idle:
            raise NeverFired("never fired, so the test proves nothing: " + "; ".join(idle))
