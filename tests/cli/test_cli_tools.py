"""`init`, `inspect`, `readers`, `doctor`: what they print and write."""

import json

import numpy as np
import polars as pl
import pytest

from loupe.cli import doctor
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


def test_patterns_that_no_shell_expanded(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["inspect", "*.parquet", "lab*.csv"]) == 0
    out = capsys.readouterr().out
    assert "file: spikes.parquet" in out
    assert "file: labels.csv" in out
    assert main(["init", "*.parquet", "labels.*", "-o", "new.toml", "-q"]) == 0
    session = load_session("new.toml")
    assert len(session.plots) == len(session.labels) == 1


def test_overviews_beside_recordings_are_no_recordings(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["overview", "build", "ecg_y.npy", "--quiet"]) == 0
    beside = "ecg_y.npy.overview.zarr"
    assert (folder / beside).is_dir()
    assert main(["init", "ecg_y.npy", beside, "--out", "two.toml"]) == 0
    assert "overview" not in (folder / "two.toml").read_text()
    capsys.readouterr()
    assert main(["inspect", "ecg_y.npy*"]) == 0
    assert "overview" not in capsys.readouterr().out


def test_inspect_goes_on_after_what_the_system_refuses(folder, capsys, monkeypatch):
    from loupe.cli import inspect_

    describe = inspect_.describe

    def refusing(path):
        if path.name == "labels.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return describe(path)

    monkeypatch.setattr(inspect_, "describe", refusing)
    files = [str(folder / "labels.csv"), str(folder / "spikes.parquet")]
    assert main(["inspect", *files]) == 2
    out = capsys.readouterr()
    assert f"error[system]: {folder / 'labels.csv'}: the system refused" in out.err
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


def test_doctor_names_what_is_required_and_missing(capsys, monkeypatch):
    needs = ["numpy>=1.26", "loupe-needs-this>=2; python_version>'3'", "sphinx>=8; extra == 'docs'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: needs)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "  loupe-needs-this MISSING\n" in out
    assert "hint: a package is missing: pip install loupe-needs-this" in out
    assert "Nothing is missing." not in out
    assert "sphinx" not in out.partition("Optional")[0]
    assert main(["doctor", "--quiet"]) == 1
    assert "pip install loupe-needs-this" in capsys.readouterr().out


def test_doctor_takes_another_package_with_the_same_module(capsys, monkeypatch):
    versions = {"opencv-python-headless": "4.12"}
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["opencv-python>=4.10"])
    monkeypatch.setattr(doctor, "_version", lambda name: versions.get(name, ""))
    main(["doctor"])
    out = capsys.readouterr().out
    assert "opencv-python-headless 4.12" in out
    assert "MISSING" not in out


def test_doctor_goes_on_after_a_driver_that_hangs(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "PATIENCE_S", 0.2)
    monkeypatch.setattr(doctor, "GL_PROBE", "import time; time.sleep(60)")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "pictures without a display (EGL): not possible" in out
    assert "journals of labels" in out
