"""The demo recordings hold what a reader and a scorer would look for in real ones."""

import hashlib
import itertools
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
import xarray as xr

from loupe.demo import KINDS, write_demo
from loupe.demo.noise import ShapedNoise, bump
from loupe.demo.probe import region_at
from loupe.demo.states import NREM, REM, STATES, WAKE, make_hypnogram
from loupe.errors import LoupeConfigError
from loupe.video.write import VideoWriter


@pytest.fixture(scope="module")
def sleep(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo") / "sleep", kind="sleep", hours=0.6).parent


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo") / "probe", kind="probe", hours=0.01).parent


@pytest.fixture(scope="module")
def imaging(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "imaging"
    return write_demo(folder, kind="imaging", hours=0.02).parent


def opened(path, group=None):
    return xr.open_zarr(path, group=group, consolidated=False)


class TestSleep:
    def test_signals_have_units_names_and_an_exact_time_axis(self, sleep):
        eeg = opened(sleep / "night.zarr", "eeg")["data"]
        assert eeg.dims == ("channel", "time")
        assert list(eeg.channel.values) == ["frontal L", "frontal R", "parietal L", "parietal R"]
        assert eeg.attrs["units"] == "uV"
        assert np.array_equal(eeg.time.values, np.arange(2160 * 250) / 250)
        assert 5 < float(eeg.std()) < 200  # microvolts, with the scale factor applied

    def test_states_look_like_themselves(self, sleep):
        labels = pl.read_csv(sleep / "hypnogram.htsv", separator="\t")
        eeg = opened(sleep / "night.zarr", "eeg")["data"].sel(channel="frontal L").values
        emg = opened(sleep / "night.zarr", "emg")["data"].isel(channel=0).values
        spread = {state: ([], []) for state in STATES}
        for start, end, state in labels.select("start_time", "end_time", "state").iter_rows():
            spread[state][0].append(eeg[int(start * 250) : int(end * 250)].std())
            spread[state][1].append(emg[int(start * 500) : int(end * 500)].std())
        eeg_of = {state: np.median(both[0]) for state, both in spread.items()}
        emg_of = {state: np.median(both[1]) for state, both in spread.items()}
        assert eeg_of["NREM"] > 2 * max(eeg_of["Wake"], eeg_of["REM"])
        assert emg_of["Wake"] > 2 * emg_of["NREM"] > 2 * emg_of["REM"]

    def test_labels_are_contiguous_whole_epochs_and_leave_some_to_score(self, sleep):
        labels = pl.read_csv(sleep / "hypnogram.htsv", separator="\t")
        assert labels["start_time"][0] == 0
        assert labels["start_time"][1:].to_list() == labels["end_time"][:-1].to_list()
        assert (labels["end_time"] % 10 == 0).all()
        assert 0.8 * 2160 < labels["end_time"][-1] <= 2160

    def test_spectrogram_shows_theta_in_rem(self, sleep):
        power = opened(sleep / "night.zarr", "spectrogram")["power"]
        assert power.dims == ("frequency", "time")
        assert power.time.values[[0, -1]].tolist() == [1.0, 2159.0]
        labels = pl.read_csv(sleep / "hypnogram.htsv", separator="\t")
        rem = labels.filter(pl.col("state") == "REM")
        assert len(rem) > 0
        start, end = rem["start_time"][0], rem["end_time"][0]
        mean = power.sel(time=slice(start + 4, end - 4)).mean("time")
        assert 6.5 <= float(mean.sel(frequency=slice(4, 25)).idxmax()) <= 8

    def test_videos_have_one_time_a_frame(self, sleep):
        import av

        for camera in ("side", "overhead"):
            times = np.load(sleep / f"{camera}_frame_times.npy")
            assert (np.diff(times) > 0).all()
            with av.open(str(sleep / f"{camera}.mp4")) as video:
                assert sum(1 for packet in video.demux(video=0) if packet.size) == len(times)

    def test_events_are_sorted_and_of_two_kinds(self, sleep):
        events = pl.read_parquet(sleep / "events.parquet")
        assert events["time"].is_sorted()
        assert 0 <= events["time"][0] <= events["time"][-1] < 2160
        assert set(events["kind"]) == {"stim", "lick"}


class TestProbe:
    def test_channels_have_depth_and_region(self, probe):
        lfp = opened(probe / "lfp.zarr")["data"]
        assert lfp.shape == (384, 40 * 625)
        assert lfp.y.values.max() == 191 * 20
        assert [region_at(y) for y in lfp.y.values] == lfp.region.values.tolist()

    def test_theta_turns_over_below_the_pyramidal_layer(self, probe):
        lfp = opened(probe / "lfp.zarr")["data"]
        running = lfp.sel(time=slice(8, 12)).values  # the middle of a step is running
        above, below = running[2 * 120], running[2 * 80]
        assert np.corrcoef(above, below)[0, 1] < -0.5

    def test_spikes_are_sorted_and_lie_in_their_regions(self, probe):
        spikes = pl.read_parquet(probe / "spikes.parquet")
        assert spikes["time"].is_sorted()
        assert set(spikes["probe"]) == {"A", "B"}
        assert spikes["snr"].min() > 0
        assert spikes["unit"].n_unique() > 100
        sample = spikes.sample(200, seed=1)
        assert [region_at(y) for y in sample["depth"]] == sample["region"].to_list()


class TestImaging:
    def test_rows_have_dendrite_and_position(self, imaging):
        dff = opened(imaging / "imaging.zarr")["dff"]
        assert dff.dims == ("syn_id", "time")
        for dendrite in range(1, 5):
            positions = dff.pos.values[dff["dend-ID"].values == dendrite]
            assert len(positions) == 30
            assert (np.diff(positions) >= 0).all()

    def test_one_dendrite_loses_a_second(self, imaging):
        data = opened(imaging / "imaging.zarr")
        lost = np.isnan(data["dff"].values)
        assert set(data["dend-ID"].values[lost.any(axis=1)]) == {2}
        assert lost.any(axis=0).sum() == 100
        assert np.array_equal(lost, np.isnan(data["f"].values))

    def test_stimuli_are_answered(self, imaging):
        dff = opened(imaging / "imaging.zarr")["dff"]
        stims = pl.read_parquet(imaging / "stims.parquet")["time"]
        after = np.nanmean([dff.sel(time=slice(t + 0.15, t + 0.35)).values.mean() for t in stims])
        before = np.nanmean([dff.sel(time=slice(t - 0.3, t)).values.mean() for t in stims])
        assert after > before + 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_samples(kind, tmp_path, monkeypatch):
    drawn = [{}]

    def write(self, rgb):
        known = drawn[-1].get(self._path.name, b"")
        drawn[-1][self._path.name] = hashlib.sha256(known + rgb.tobytes()).digest()
        original(self, rgb)

    original = VideoWriter.write
    monkeypatch.setattr(VideoWriter, "write", write)

    def made(name, seed):
        drawn.append({})
        return write_demo(tmp_path / name, kind=kind, hours=0.01, seed=seed).parent

    def digest(folder):
        return {
            path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix not in (".parquet", ".mp4")
        }

    first, again, other = made("a", 0), made("b", 0), made("c", 1)
    assert digest(first) == digest(again)
    assert digest(first) != digest(other)
    assert drawn[1] == drawn[2], "every pixel that is given to the encoder is the same"
    assert len(drawn[1]) == len([*first.glob("*.mp4")])
    for video in first.glob("*.mp4"):
        # Encoders do not promise the same bytes, and once in some hundred runs they differ.
        shown, repeated = film(video), film(again / video.name)
        assert shown.shape == repeated.shape
        assert np.abs(shown - repeated).mean() < 1.0
        assert np.abs(shown - film(other / video.name)).mean() > 1.0


def film(path):
    """All pictures of a video, ``(n, height, width)`` grey."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return np.stack(frames).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_the_session_names_its_schema_and_only_files_that_are_there(kind, request):
    folder = request.getfixturevalue(kind)
    text = (folder / "session.toml").read_text()
    assert text.startswith("#:schema session.schema.json\n")
    assert (folder / "session.schema.json").exists()
    paths = [
        line.split('path = "')[1].split('"')[0] for line in text.splitlines() if 'path = "' in line
    ]
    assert paths
    assert [path for path in paths if not (folder / path).exists()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_session_in_the_repository_is_the_demos_own(kind, request, repo_root):
    def located(value, folder):
        if isinstance(value, dict):
            return {
                key: f"{folder}/{item}"
                if key in ("path", "video_path", "frame_times_path")
                else located(item, folder)
                for key, item in value.items()
                if key != "start"
            }
        return [located(item, folder) for item in value] if isinstance(value, list) else value

    own = tomllib.loads((request.getfixturevalue(kind) / "session.toml").read_text())
    kept = tomllib.loads((repo_root / "sessions" / f"{kind}.toml").read_text())
    kept["view"].pop("start")
    assert located(own, f"data/{kind}") == kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "opera"}, "no demo of kind `opera`"),
        ({"hours": 0.0}, "at most 72 hours, got 0"),
        ({"hours": float("nan")}, "got nan"),
        ({"hours": 1000.0}, "got 1000"),
        ({"seed": -1}, "seed must not be negative, got -1"),
    ],
)
def test_bad_arguments_are_named(tmp_path, arguments, message):
    with pytest.raises(LoupeConfigError, match=message):
        write_demo(tmp_path / "x", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(LoupeConfigError, match="holds something already"):
        write_demo(tmp_path, kind="probe", hours=0.005)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_an_interrupted_run_leaves_nothing_that_looks_whole(tmp_path):
    def interrupt(what, fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_demo(tmp_path / "x", kind="imaging", hours=0.02, tick=interrupt)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "x.part").mkdir()
    (tmp_path / "x.part" / "thesis.txt").write_text("precious")
    write_demo(tmp_path / "x", kind="imaging", hours=0.02)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "x.part"]
    assert (tmp_path / "x.part" / "thesis.txt").read_text() == "precious"


def test_the_empty_folder_that_one_is_in_can_be_filled(tmp_path, monkeypatch):
    folder = tmp_path / "runs [old]"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert write_demo(".", kind="probe", hours=0.01) == Path("session.toml")
    assert {"session.toml", "lfp.zarr", "spikes.parquet"} <= {p.name for p in Path().iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["runs [old]"]


def test_noise_has_the_power_and_the_rhythm_that_were_asked_for():
    noise = ShapedNoise(np.random.default_rng(0), 1, 200.0, 200)
    density = bump(noise.frequencies, 50.0, 20.0, 1.0)
    wave = noise.extend(np.repeat(density[None, None], 400, axis=0))[0]
    expected = density.sum() * (noise.frequencies[1] - noise.frequencies[0])
    assert np.var(wave) == pytest.approx(expected, rel=0.05)
    loudest = np.abs(np.fft.rfft(wave))
    assert 17 < np.fft.rfftfreq(len(wave), 1 / 200)[loudest.argmax()] < 23


def test_noise_does_not_depend_on_how_it_is_cut():
    def run(pieces):
        noise = ShapedNoise(np.random.default_rng(5), 2, 100.0, 50)
        density = np.ones((sum(pieces), 1, 51), np.float32)
        ends = np.cumsum([0, *pieces])
        parts = [noise.extend(density[a:b]) for a, b in itertools.pairwise(ends)]
        return np.concatenate(parts, axis=1)

    assert np.allclose(run([9]), run([2, 3, 4]), atol=1e-6)


def test_rem_comes_from_nrem_only():
    night = make_hypnogram(np.random.default_rng(3), 36_000.0, 10.0)
    assert night.edges[0] == 0
    assert night.edges[-1] == 36_000
    pairs = set(zip(night.states[:-1], night.states[1:], strict=True))
    assert (WAKE, REM) not in pairs
    assert (NREM, REM) in pairs
    assert night.at(np.array([-1.0, 1e9])).tolist() == [night.states[0], night.states[-1]]


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="resident memory is asked of POSIX")
def test_a_long_recording_needs_no_more_memory_than_a_short_one(tmp_path):
    script = (
        "import resource, sys\n"
        "from loupe.demo import write_demo\n"
        "write_demo(sys.argv[1], kind='sleep', hours=float(sys.argv[2]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )

    def peak_mb(hours):
        command = [sys.executable, "-c", script, str(tmp_path / str(hours)), str(hours)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    # A day under `make soak`; what streams, streams after an hour too.
    hours = 24 if os.environ.get("LOUPE_SOAK") == "1" else 1.5
    assert peak_mb(hours) < peak_mb(0.25) + 50
