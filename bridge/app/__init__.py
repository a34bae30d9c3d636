"""Composition: configuration -> objects -> one task group. Knows everyone, decides nothing."""
