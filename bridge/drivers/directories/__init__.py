"""Contact files, read only."""
