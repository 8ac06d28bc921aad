"""One module a kind of store; each imports its library only when it opens something."""
