"""What neighbours write: each file is made by the library of its format, or byte by byte."""

from __future__ import annotations

import datetime
import os
import struct
import warnings

import numpy as np
import pytest

from loupe.data.catalog import Catalog
from loupe.data.probe import contents
from loupe.data.registry import find_reader, readers
from loupe.errors import LoupeDataError, LoupeError, LoupeMissingDependencyError
from loupe.session.source import Source
from loupe.testing import check_array, check_reader, check_table

MUTANTS = 5_000 if os.environ.get("LOUPE_SOAK") == "1" else 100
"""Damaged copies of each file."""

START = datetime.datetime(2024, 5, 1, 22, 15, 30)


def physical(data):
    info = data.info
    return data.read(slice(None), 0, data.time.n) * info.scale + info.offset


@pytest.mark.parametrize("name", ["edf", "audio", "nwb", "mne", "neo"])
def test_the_readers_are_registered_and_pass_the_check(name):
    (reader,) = [r for r in readers() if r.name == name]
    check_reader(reader)


@pytest.mark.parametrize(
    ("file", "package", "extra"),
    [
        ("a.edf", "edfio", "edf"),
        ("a.wav", "soundfile", "audio"),
        ("a.fif", "mne", "mne"),
        ("a.ns5", "neo.rawio", "neo"),
    ],
)
def test_a_missing_package_is_told_with_its_extra(file, package, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    (tmp_path / file).write_bytes(b"0" * 300)
    with pytest.raises(LoupeMissingDependencyError) as caught:
        Catalog(tmp_path).array(file)
    assert f"loupe[{extra}]" in caught.value.hint


@pytest.mark.parametrize("file", ["a.edf", "a.bdf", "a.wav", "a.flac", "a.nwb"])
@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00", b"0" * 5000, b"\xff" * 700])
def test_damaged_files_are_refused_by_name(file, content, tmp_path):
    pytest.importorskip("edfio", reason="edfio is an extra")
    pytest.importorskip("soundfile", reason="soundfile is an extra")
    (tmp_path / file).write_bytes(content)
    with pytest.raises(LoupeDataError, match=file) as caught:
        Catalog(tmp_path).array(file)
    assert caught.value.hint


# EDF and BDF


def edf_signals(edfio, kind, rates, seconds=10, units=("uV", "uV", "mV")):
    rng = np.random.default_rng(3)
    make, top = (edfio.EdfSignal, 2000) if kind == "edf" else (edfio.BdfSignal, 2_000_000)
    made = [
        make(
            rng.integers(-top, top, seconds * rate) / 4,
            rate,
            label=f"E{k}",
            physical_dimension=unit,
            physical_range=(-top / 4, top / 4),
            digital_range=(-top, top),
        )
        for k, (rate, unit) in enumerate(zip(rates, units, strict=False))
    ]
    return [signal.digital for signal in made], made


def write_edf(edfio, path, kind, signals, annotations=None, **more):
    form = edfio.Edf if kind == "edf" else edfio.Bdf
    recording = edfio.Recording(startdate=START.date())
    form(
        signals, recording=recording, starttime=START.time(), annotations=annotations, **more
    ).write(path)


@pytest.mark.parametrize("kind", ["edf", "bdf"])
def test_edf_and_bdf_keep_raw_values_units_and_start(kind, tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    raw, signals = edf_signals(edfio, kind, [200, 200], units=("uV", "uV"))
    notes = [edfio.EdfAnnotation(1.5, 2.0, "spindle")]
    write_edf(edfio, tmp_path / f"r.{kind}", kind, signals, notes)
    data = Catalog(tmp_path).array(f"r.{kind}")
    check_array(data, np.stack(raw))
    assert data.info.dtype == raw[0].dtype
    assert (data.info.units, data.info.scale, data.info.offset) == ("uV", 0.25, 0.0)
    assert data.info.row_names == ("E0", "E1")
    assert data.info.origin == START.replace(tzinfo=datetime.UTC)
    assert data.time.uniform
    assert data.time.period == pytest.approx(1 / 200, rel=1e-12)
    assert data.time.span.start == 0.0
    np.testing.assert_array_equal(physical(data)[1], signals[1].data)


@pytest.mark.parametrize("kind", ["edf", "bdf"])
def test_rates_are_arrays_by_name(kind, tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    raw, signals = edf_signals(edfio, kind, [200, 50, 200])
    path = tmp_path / f"r.{kind}"
    write_edf(edfio, path, kind, signals)
    catalog = Catalog(tmp_path)
    with pytest.raises(LoupeDataError, match="which variable") as caught:
        catalog.array(path.name)
    assert "200 Hz" in caught.value.hint
    assert "50 Hz" in caught.value.hint
    found = contents(path.name, catalog)
    assert [(a.variable, a.rows, a.rate) for a in found.arrays] == [
        ("200 Hz", 2, pytest.approx(200)),
        ("50 Hz", 1, pytest.approx(50)),
    ]
    fast = catalog.array(Source(path=path.name, variable="200 Hz"))
    # One scale, but two units: each row tells its own.
    assert fast.info.units == ""
    assert list(fast.info.coords["unit"]) == ["uV", "mV"]
    check_array(fast, np.stack([raw[0], raw[2]]))
    one = catalog.array(Source(path=path.name, variable="50 Hz", select={"channel": "E1"}))
    check_array(one, raw[1][None])
    assert one.info.units == "uV"


def test_signals_of_different_gain_come_out_physical(tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    rng = np.random.default_rng(5)
    signals = [
        edfio.EdfSignal(rng.normal(size=1000) * size + size, 100, label=f"{size}")
        for size in (1, 50, 3000)
    ]
    write_edf(edfio, tmp_path / "r.edf", "edf", signals)
    data = Catalog(tmp_path).array("r.edf")
    check_array(data)
    assert data.info.dtype == np.float32
    assert (data.info.scale, data.info.offset) == (1.0, 0.0)
    expected = np.stack([s.data for s in signals])
    np.testing.assert_allclose(physical(data), expected, rtol=1e-6, atol=1e-3)


def test_a_discontinuous_edf_has_its_gap(tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    raw, signals = edf_signals(edfio, "edf", [100], seconds=40, units=("uV",))
    path = tmp_path / "r.edf"
    write_edf(edfio, path, "edf", signals, [], data_record_duration=1)
    content = path.read_bytes().replace(b"EDF+C", b"EDF+D", 1)
    for k in range(20, 40):
        # The recording was interrupted for a minute before record 20.
        content = content.replace(b"+%d\x14\x14" % k, b"+%d\x14\x14" % (k + 40), 1)
    path.write_bytes(content)
    data = Catalog(tmp_path).array("r.edf")
    check_array(data, raw[0][None])
    times = data.time.times(0, data.time.n)
    assert list(data.time.breaks) == [2000]
    assert times[1999] == pytest.approx(19.99)
    assert times[2000] == pytest.approx(60.0)


def test_a_cut_edf_is_shown_as_far_as_it_goes(tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    raw, signals = edf_signals(edfio, "edf", [100], units=("uV",))
    path = tmp_path / "r.edf"
    write_edf(edfio, path, "edf", signals, data_record_duration=1)
    path.write_bytes(path.read_bytes()[:-350])
    with pytest.warns(RuntimeWarning, match="8 of 10 records"):
        data = Catalog(tmp_path).array("r.edf")
    check_array(data, raw[0][None, :800])


@pytest.mark.parametrize("kind", ["edf", "bdf"])
def test_an_edf_that_shrinks_while_it_is_open(kind, tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    raw, signals = edf_signals(edfio, kind, [1000] * 8, seconds=60, units=("uV",) * 8)
    path = tmp_path / f"r.{kind}"
    write_edf(edfio, path, kind, signals, data_record_duration=1)
    data = Catalog(tmp_path).array(path.name)
    # One row of many is read record by record, many rows in one stretch.
    for rows in (slice(3, 4), slice(2, 8)):
        np.testing.assert_array_equal(
            data.read(rows, 100, 59_900), np.stack(raw[rows])[:, 100:59_900]
        )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for rows in (slice(3, 4), slice(None)):
        with pytest.raises(LoupeDataError, match=r"cannot be read.*are there"):
            data.read(rows, 40_000, 60_000)
    np.testing.assert_array_equal(data.read(slice(None), 0, 20_000), np.stack(raw)[:, :20_000])
    path.unlink()
    with pytest.raises(LoupeDataError, match="FileNotFoundError"):
        data.read(slice(None), 0, 10)


@pytest.mark.parametrize(
    ("at", "field", "told"),
    [
        (252, b"-1  ", "names -1 signals"),
        (244, b"0       ", "cannot be opened"),
        (192, b"EDF+D", "nothing says where"),
        (252, b"9   ", "header"),
    ],
)
def test_an_edf_header_that_cannot_be_right_is_refused(at, field, told, tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    _, signals = edf_signals(edfio, "edf", [100], units=("uV",))
    path = tmp_path / "r.edf"
    write_edf(edfio, path, "edf", signals)
    content = bytearray(path.read_bytes())
    content[at : at + len(field)] = field
    path.write_bytes(content)
    with pytest.raises(LoupeDataError, match=told):
        Catalog(tmp_path).array("r.edf")


def test_a_file_of_annotations_only_points_to_labels(tmp_path):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    path = tmp_path / "notes.edf"
    edfio.Edf([], annotations=[edfio.EdfAnnotation(0, 30, "W")]).write(path)
    with pytest.raises(LoupeDataError, match="no signals") as caught:
        Catalog(tmp_path).array("notes.edf")
    assert "labels" in caught.value.hint


# Sound


@pytest.mark.parametrize(
    ("file", "subtype", "dtype"),
    [
        ("a.wav", "PCM_16", np.int16),
        ("a.wav", "PCM_24", np.int32),
        ("a.wav", "FLOAT", np.float32),
        ("a.wav", "DOUBLE", np.float64),
        ("a.flac", "PCM_16", np.int16),
        ("a.aiff", "PCM_16", np.int16),
    ],
)
def test_sound_is_channels_over_seconds(file, subtype, dtype, tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="soundfile is an extra")
    rng = np.random.default_rng(1)
    wave = np.round(rng.uniform(-0.9, 0.9, (400_000, 3)) * 2**15) / 2**15
    soundfile.write(tmp_path / file, wave, 44100, subtype=subtype)
    data = Catalog(tmp_path).array(file)
    assert data.info.dtype == dtype
    np.testing.assert_array_equal(physical(data), wave.T)
    check_array(data)
    assert data.info.row_names == ("1", "2", "3")
    assert data.time.period == pytest.approx(1 / 44100, rel=1e-12)
    assert data.info.chunks[1] < data.time.n


def test_ogg_is_read_where_it_is_asked_for(tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="soundfile is an extra")
    t = np.arange(48000) / 16000
    soundfile.write(tmp_path / "a.ogg", 0.5 * np.sin(2 * np.pi * 40 * t), 16000)
    data = Catalog(tmp_path).array("a.ogg")
    assert (data.n_rows, data.info.dtype) == (1, np.float32)
    part = data.read(slice(None), 20000, 20400)[0]
    assert np.abs(part - 0.5 * np.sin(2 * np.pi * 40 * t[20000:20400])).max() < 0.05


# All of them


@pytest.mark.timeout(600)
@pytest.mark.parametrize("file", ["r.edf", "r.bdf", "r.wav", "r.flac", "s.nwb"])
def test_mutants_of_field_files_are_read_or_refused(file, nwb, tmp_path):
    if file[-3:] in ("edf", "bdf"):
        edfio = pytest.importorskip("edfio", reason="edfio is an extra")
        _, signals = edf_signals(edfio, file[-3:], [100, 20], units=("uV", "uV"))
        write_edf(edfio, tmp_path / file, file[-3:], signals, [edfio.EdfAnnotation(1, 2, "x")])
    elif file != "s.nwb":
        soundfile = pytest.importorskip("soundfile", reason="soundfile is an extra")
        soundfile.write(tmp_path / file, np.linspace(-0.5, 0.5, 3000), 8000)
    content = (tmp_path / file).read_bytes()
    rng = np.random.default_rng(11)
    read = 0
    # NWB opens twenty times as slowly as the others.
    for _ in range(min(MUTANTS, 1000) if file == "s.nwb" else MUTANTS):
        mutant = bytearray(content)
        digits = rng.random() < 0.3
        for _ in range(rng.integers(1, 6)):
            at = rng.integers(min(len(content), 1500 if rng.random() < 0.7 else len(content)))
            mutant[at] = rng.choice(list(b"0123456789 -+.")) if digits else rng.integers(256)
        if rng.random() < 0.3:
            del mutant[rng.integers(len(mutant)) :]
        (tmp_path / f"mutant{file[-5:]}").write_bytes(mutant)
        catalog = Catalog(tmp_path)
        with warnings.catch_warnings():
            # A file that is cut short is told of.
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                for one in contents(f"mutant{file[-5:]}", catalog).arrays:
                    source = Source(path=f"mutant{file[-5:]}", variable=one.variable)
                    data = catalog.array(source)
                    n = min(data.time.n, 10_000)
                    assert data.read(slice(0, 4), 0, n).shape[1] == n
                    read += 1
                if file == "s.nwb":
                    catalog.table(f"mutant{file[-5:]}").frame()
            except LoupeError as error:
                assert "mutant" in str(error)  # noqa: PT017 - many are tried, and some may be read
    assert read or file == "r.flac"


# MNE


@pytest.mark.filterwarnings("ignore")  # MNE's own and those of what it imports
def test_what_mne_saves_is_read(tmp_path):
    mne = pytest.importorskip("mne", reason="mne is an extra that tests do not need")
    rng = np.random.default_rng(4)
    values = rng.normal(size=(3, 20_000)) * 1e-5
    info = mne.create_info(["Fz", "Cz", "STI"], 500.0, ["eeg", "eeg", "stim"])
    raw = mne.io.RawArray(values, info, first_samp=1000, verbose="ERROR")
    raw.set_meas_date(START.replace(tzinfo=datetime.UTC))
    raw.info["bads"] = ["Cz"]
    raw.set_annotations(
        mne.Annotations([5.0, 7.5], [1.0, 0.0], ["a", "b"], orig_time=raw.info["meas_date"])
    )
    raw.save(tmp_path / "s_raw.fif", fmt="double", verbose="ERROR")
    catalog = Catalog(tmp_path)
    data = catalog.array("s_raw.fif")
    check_array(data, values)
    assert data.info.row_names == ("Fz", "Cz", "STI")
    assert list(data.info.coords["type"]) == ["eeg", "eeg", "stim"]
    assert list(data.info.coords["bad"]) == [False, True, False]
    assert data.info.origin == START.replace(tzinfo=datetime.UTC) + datetime.timedelta(seconds=2)
    assert data.time.period == pytest.approx(1 / 500)
    assert (data.info.units, data.info.scale) == ("µV", 1e6)
    eeg = catalog.array(Source(path="s_raw.fif", select={"type": ["eeg"]}))
    assert eeg.n_rows == 2
    notes = catalog.table("s_raw.fif")
    check_table(notes)
    assert notes.frame()["time"].to_list() == [3.0, 5.5]
    assert notes.frame()["description"].to_list() == ["a", "b"]
    assert data.stored.files == (tmp_path / "s_raw.fif",)
    (tmp_path / "bad_raw.fif").write_bytes(b"nothing")
    with pytest.raises(LoupeDataError, match="bad_raw"):
        catalog.array("bad_raw.fif")


# neo


def nex_file(path):
    """A NeuroExplorer file: a neuron, an event and a signal."""

    def variable(kind, name, offset, count, **more):
        fields = {"rate": 0.0, "gain": 0.0, "points": 0, **more}
        packed = struct.pack(
            "<ii64siiiiiiddddiiidd52s",
            kind, 100, name, offset, count, 0, 0, 0, 0, 0.0, 0.0, fields["rate"], fields["gain"],
            fields["points"], 0, 0, 0.0, 0.0, b"",
        )  # fmt: skip
        assert len(packed) == 208
        return packed

    signal = np.arange(-500, 500, dtype=np.int16)
    spikes = np.array([1000, 25000, 40000], dtype="<i4")
    marks = np.array([5000], dtype="<i4")
    at = 544 + 3 * 208
    header = struct.pack("<4si256sdiii260s", b"NEX1", 104, b"", 40000.0, 0, 40000, 3, b"")
    assert len(header) == 544
    places = [at, at + spikes.nbytes, at + spikes.nbytes + marks.nbytes]
    path.write_bytes(
        header
        + variable(0, b"cell", places[0], 3)
        + variable(1, b"door", places[1], 1)
        + variable(5, b"lfp", places[2], 1, rate=1000.0, gain=0.01, points=len(signal))
        + spikes.tobytes()
        + marks.tobytes()
        + struct.pack("<ii", 0, 0)
        + signal.tobytes()
    )
    return signal


@pytest.mark.filterwarnings("ignore")  # those of neo and of what it imports
def test_what_neo_reads_is_shown(tmp_path):
    pytest.importorskip("neo.rawio", reason="neo is an extra that tests do not need")
    signal = nex_file(tmp_path / "s.nex")
    catalog = Catalog(tmp_path)
    data = catalog.array("s.nex")
    check_array(data, signal[None])
    assert (data.info.units, data.info.scale) == ("mV", 0.01)
    assert data.info.row_names == ("lfp",)
    assert data.time.period == pytest.approx(1e-3)
    assert data.stored.files == (tmp_path / "s.nex",)
    spikes = catalog.table("s.nex")
    check_table(spikes)
    np.testing.assert_allclose(spikes.frame()["time"], [0.025, 0.625, 1.0])
    assert spikes.frame()["unit"].to_list() == ["cell"] * 3
    events = catalog.table(Source(path="s.nex", variable="events"))
    check_table(events)
    np.testing.assert_allclose(events.frame()["time"], [0.125])
    with pytest.raises(LoupeDataError, match="no table `trials`"):
        catalog.table(Source(path="s.nex", variable="trials"))
    (tmp_path / "bad.nex").write_bytes(b"nothing")
    with pytest.raises(LoupeDataError, match="bad"):
        catalog.array("bad.nex")


def test_folders_of_systems_are_claimed(tmp_path):
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "t.tsq").write_bytes(b"")
    assert find_reader(tmp_path / "block", None, "array").name == "neo"
