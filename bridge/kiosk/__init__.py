"""The page's decisions, pure: who may do what, sessions, PIN, what each of them sees."""
