"""The words of the product: ids, enums, frozen events, effects, snapshots and errors.

Standard library types only; imports nothing of ours. Everything else speaks in these words.
"""
