"""Remote zarr: windows only, cached, given up when the user has moved on; requests are counted."""

from __future__ import annotations

import functools
import http.server
import threading
import time
import warnings

import numpy as np
import pytest
import xarray as xr

from loupe.data.catalog import Catalog
from loupe.errors import LoupeDataError
from loupe.session.source import Source
from loupe.testing import check_array
from loupe.work import ThreadPool

pytest.importorskip("aiohttp", reason='needs pip install "loupe[http]"')

N = 40_000
CHUNK = 500


def recording():
    rng = np.random.default_rng(11)
    return xr.DataArray(
        (rng.normal(size=(2, N)) * 100).astype("int16"),
        dims=("channel", "time"),
        coords={"channel": ["a", "b"], "time": np.arange(N) / 500},
        name="data",
    )


def write(path, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording().chunk(time=CHUNK).to_zarr(path, zarr_format=2, **more)


class _Handler(http.server.SimpleHTTPRequestHandler):
    latency_s = 0.01

    def do_GET(self):
        self.server.requested.append(self.path)
        time.sleep(self.latency_s)
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder over HTTP with latency: its URL and the paths that were asked for."""
    write(tmp_path / "r.zarr")
    handler = functools.partial(_Handler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.requested = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/r.zarr", server.requested
    server.shutdown()
    server.server_close()
    thread.join(5)


def chunks(requested):
    return [path for path in requested if "/data/" in path and path[-1].isdigit()]


def test_opening_and_reading_a_window_asks_for_little(served):
    url, requested = served
    data = Catalog(allow_remote=True).array(Source(path=url))
    assert data.info.row_names == ("a", "b")
    assert chunks(requested) == []
    block = data.read(slice(None), 1000, 1500)
    np.testing.assert_array_equal(block, recording().values[:, 1000:1500])
    assert len(chunks(requested)) == 1
    data.read(slice(0, 1), 900, 1600)
    assert len(chunks(requested)) == 3
    data.read(slice(None), 900, 1600)
    assert len(chunks(requested)) == 3


def test_everything_can_be_read_and_nothing_twice(served):
    url, requested = served
    data = Catalog(allow_remote=True).array(url)
    check_array(data, recording().values)
    assert len(chunks(requested)) == len(set(chunks(requested))) == N // CHUNK


def test_requests_of_a_left_window_stop(served):
    url, requested = served
    data = Catalog(allow_remote=True).array(url)
    pool, results = ThreadPool(1), []
    pool.submit("night", 1, lambda: data.read(slice(None), 0, N), results.append)
    while len(chunks(requested)) < 4:
        time.sleep(0.005)
    pool.submit("jump", 2, lambda: data.read(slice(None), 30_000, 30_500), results.append)
    pool.advance(2)
    at_jump = len(chunks(requested))
    assert pool.wait(20)
    # What runs side by side at the jump may end (8 chunks), and the window itself is one.
    after = chunks(requested)[at_jump:]
    assert len(after) <= 8 + 1
    assert after[-1].endswith("/0.60")
    (done,) = results
    assert done.key == "jump"
    np.testing.assert_array_equal(done.value, recording().values[:, 30_000:30_500])
    assert pool.close()


def test_a_window_that_is_wanted_again_is_delivered(served):
    url, requested = served
    data = Catalog(allow_remote=True).array(url)
    pool, results = ThreadPool(1), []

    def read():
        return data.read(slice(None), 0, 20_000)

    pool.submit("w", 1, read, results.append)
    while len(chunks(requested)) < 4:
        time.sleep(0.005)
    pool.advance(2)
    pool.submit("w", 2, read, results.append)
    assert pool.wait(20)
    (done,) = results
    np.testing.assert_array_equal(done.value, recording().values[:, :20_000])
    assert len(chunks(requested)) == len(set(chunks(requested)))
    assert pool.close()


def test_a_remote_store_that_is_not_there(served):
    url, _ = served
    with pytest.raises(LoupeDataError) as caught:
        Catalog(allow_remote=True).array(url.replace("r.zarr", "nothing.zarr"))
    assert "nothing.zarr" in caught.value.where


@pytest.mark.filterwarnings("ignore")  # botocore and the server deprecate each other's parts
def test_s3(tmp_path, monkeypatch):
    pytest.importorskip("s3fs", reason='needs pip install "loupe[s3]"')
    server_module = pytest.importorskip("moto.server", reason="needs moto[server]")
    import fsspec

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        write(tmp_path / "r.zarr")
        remote = fsspec.filesystem("s3", skip_instance_cache=True)
        remote.mkdir("lab")
        remote.put(str(tmp_path / "r.zarr"), "lab/r.zarr", recursive=True)
        asked = []
        import s3fs

        call = s3fs.S3FileSystem._call_s3

        async def counted(self, method, *arguments, **more):
            if method == "get_object":
                asked.append(f"/{more.get('Key', '')}")
            return await call(self, method, *arguments, **more)

        monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
        data = Catalog(allow_remote=True).array(Source(path="s3://lab/r.zarr"))
        assert chunks(asked) == []
        np.testing.assert_array_equal(
            data.read(slice(None), 700, 1300), recording().values[:, 700:1300]
        )
        assert len(chunks(asked)) == len(set(chunks(asked))) == 2
        # After a jump, the chunk of the window and no other.
        data.read(slice(None), 30_100, 30_400)
        assert len(chunks(asked)) == 3
        assert chunks(asked)[-1].endswith("/0.60")
        data.read(slice(None), 30_000, 30_500)
        assert len(chunks(asked)) == 3
    finally:
        server.stop()
