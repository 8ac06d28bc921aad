"""What is measured and how; start with ``python -m benchmarks --list``."""
