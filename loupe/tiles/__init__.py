"""Kernels that turn samples into picture tiles: plain arrays in, plain arrays out."""
