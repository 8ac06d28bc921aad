"""State, commands and their pure rules: what a window is, without any window."""
