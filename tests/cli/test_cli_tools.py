"""`init`, `inspect`, `readers`, `doctor`: what they print and write."""

import json

import numpy as np
import polars as pl
import pytest

from loupe.cli.main import main
from loupe.session.load import load_session
from loupe.session.states import load_state_config


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "ecg_t.npy", np.arange(100.0) / 10)
    np.save(tmp_path / "ecg_y.npy", np.arange(100.0))
    pl.DataFrame({"time": [1.0], "unit": [1]}).write_parquet(tmp_path / "spikes.parquet")
    pl.DataFrame({"start_s": [0.0], "end_s": [5.0], "label": ["Wake"], "note": [""]}).write_csv(
        tmp_path / "labels.csv"
    )
    return tmp_path


def test_init_writes_a_valid_session_with_relative_paths(folder, capsys):
    out = folder / "new.toml"
    files = [str(folder), str(folder / "spikes.parquet"), str(folder / "labels.csv")]
    assert main(["init", *files, "-o", str(out)]) == 0
    text = out.read_text()
    assert text.startswith("#:schema ./session.schema.json\n")
    assert "# Plots from top to bottom" in text
    session = load_session(out)
    assert session.plots[1].data.path == "spikes.parquet"
    assert session.labels[0].path == "labels.csv"
    capsys.readouterr()
    assert main(["validate", str(out)]) == 0
    assert main(["init", *files, "-o", str(out)]) == 2
    assert "is not overwritten" in capsys.readouterr().err


def test_init_in_the_working_folder_writes_relative_paths(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["init", "spikes.parquet", "labels.csv", "-o", "new.toml"]) == 0
    session = load_session("new.toml")
    assert session.plots[0].data.path == "spikes.parquet"
    assert session.labels[0].path == "labels.csv"


def test_init_copies_the_example_states(tmp_path):
    assert main(["init", "--states", "-o", str(tmp_path / "s.toml"), "--quiet"]) == 0
    states = load_state_config(tmp_path / "state_definitions.json")
    assert states.keys_of("Wake") == ("w", "1")


def test_init_without_files_says_what_to_do(capsys):
    assert main(["init"]) == 2
    assert "loupe init night.zarr" in capsys.readouterr().err


def test_inspect_describes_arrays_tables_and_labels(folder, capsys):
    files = [folder, folder / "spikes.parquet", folder / "labels.csv"]
    assert main(["inspect", *map(str, files), "--format", "json"]) == 0
    array, table, labels = json.loads(capsys.readouterr().out)
    assert array["arrays"][0]["rate"] == "10 Hz"
    assert table["columns"]["unit"] == "Int64"
    assert table["time columns"] == ["time"]
    assert labels["states"] == {"Wake": "5 s in 1 bouts"}


def test_inspect_goes_on_after_a_file_that_is_not_there(folder, capsys):
    assert main(["inspect", "none.zarr", str(folder / "spikes.parquet")]) == 2
    out = capsys.readouterr()
    assert "none.zarr" in out.err
    assert "unit: Int64" in out.out


def test_inspect_measures_a_video(shared_data, capsys):
    assert main(["inspect", str(shared_data / "mouse" / "openfield.mp4")]) == 0
    out = capsys.readouterr().out
    assert "frames: 2330" in out
    assert "frame times against container: offset 2.5" in out


def test_readers_lists_data_and_labels(capsys):
    assert main(["readers"]) == 0
    out = capsys.readouterr().out
    for name in ("zarr", "netcdf", "npy", "parquet", "csv", "visbrain", "edf"):
        assert name in out


def test_doctor_names_versions_and_folders(capsys):
    code = main(["doctor"])
    out = capsys.readouterr().out
    assert "numpy" in out
    assert "journals of labels" in out
    assert ("Nothing is missing." in out) == (code == 0)
