"""Videos: exact frames by an index of the container, their clock, decoding in a thread.

This floor knows neither plots, nor labels, nor Qt; it hands out arrays and numbers.
"""
