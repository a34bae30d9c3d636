"""What stands around the line, pure: star codes, forwarding, presence, queues."""
