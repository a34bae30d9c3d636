"""Queues of one agent: log in, log out, out of all, and back to the previous ones."""

from dataclasses import replace

from bridge.model.blf import Extension
from bridge.model.features import AgentQueues


def log_in(queues: AgentQueues, queue: Extension) -> AgentQueues | str:
    """Return the queues after logging in to one, or one sentence why not."""
    if queue not in queues.all:
        return f"there is no queue {queue} that you may log in to"
    return replace(queues, logged_in=queues.logged_in | {queue})


def log_out(queues: AgentQueues, queue: Extension) -> AgentQueues | str:
    """Return the queues after logging out of one, or one sentence why not."""
    if queue not in queues.all:
        return f"there is no queue {queue} that you may log out of"
    return replace(queues, logged_in=queues.logged_in - {queue})


def log_out_of_all(queues: AgentQueues) -> AgentQueues:
    """Return the queues after logging out of all; they are remembered, unless there were none."""
    if not queues.logged_in:
        return queues
    return replace(queues, logged_in=frozenset(), previous=queues.logged_in)


def log_back_in(queues: AgentQueues) -> AgentQueues:
    """Return the queues with the previous ones logged in again, as far as they still exist."""
    again = queues.previous & frozenset(queues.all)
    return replace(queues, logged_in=queues.logged_in | again, previous=frozenset())


def toggle(queues: AgentQueues, queue: Extension) -> AgentQueues | str:
    """Return the queues after a key press: in if out, out if in."""
    return log_out(queues, queue) if queue in queues.logged_in else log_in(queues, queue)
