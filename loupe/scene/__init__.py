"""The view-model: sessions and data compiled to rows, planned as tiles, built into frames."""
