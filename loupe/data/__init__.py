"""Readers, time axes, pyramids and caches: from files and memory to samples."""
