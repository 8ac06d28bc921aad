"""Intervals with a label: the table, its edits, their history, and the files that keep them.

Knows seconds, text and bytes; knows nothing of signals, pictures or windows.
"""
