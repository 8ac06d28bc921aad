"""A small label file."""

import pytest


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("start_s,end_s,label,note,who\n0.0,30.0,W,,007\n30.0,60.0,N,odd,008\n")
    return path
