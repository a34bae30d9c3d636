"""The twin of the way to the PBX: takes orders, answers what it is told to."""

from collections import deque

from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand


class VirtualPbxCommands:
    """``ports.PbxCommands`` inside the process: everything works unless told otherwise."""

    def __init__(self) -> None:
        self.sent: list[PbxCommand] = []
        self.answers: deque[PbxAnswer] = deque()
        """What the next orders are answered with, in order."""

    async def send(self, command: PbxCommand) -> PbxAnswer:
        self.sent.append(command)
        return self.answers.popleft() if self.answers else PbxAnswer(Outcome.DONE)
