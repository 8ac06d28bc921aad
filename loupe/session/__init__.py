"""The session: models of everything a window shows, their file form and its diagnostics.

Only the standard library and pydantic are imported on this floor; it knows
neither data, nor pixels, nor Qt.
"""
