"""A virtual Asterisk that plays what real ones were heard to say."""
