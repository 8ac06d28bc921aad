"""The window: PySide6 widgets that draw the state and turn events into commands.

The only floor that imports Qt. Widgets hold no truth: they show what the store
holds and dispatch commands; nothing here decides what a command does.
"""
