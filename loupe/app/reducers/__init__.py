"""What each command does, by theme; `loupe.app.reduce` gathers the tables."""
