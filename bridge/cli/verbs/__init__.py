"""What each word of the command line does; imported when it is used, because starting counts."""
