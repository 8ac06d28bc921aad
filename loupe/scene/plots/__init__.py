"""One module a plot kind: how it compiles, which tile it needs, how that is made."""
