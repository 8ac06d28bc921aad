"""Tools for those who work on Loupe itself; nothing here is used by the program."""
