"""Numbers, pure: a typed text to what is dialled, a caller to whom to call back, barring."""
