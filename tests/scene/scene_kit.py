"""Small sessions in memory and their pictures, for the tests of the scene."""

from dataclasses import replace

import numpy as np
import xarray as xr

from loupe.app.still import still
from loupe.scene.layout import Viewport
from loupe.scene.settings import RowOverride
from loupe.session.build import build_session


def array(values, *, t=None, dims=("channel",), coords=None, name="lfp", units="mV"):
    """A DataArray with time last."""
    values = np.asarray(values)
    t = np.arange(values.shape[-1], dtype=float) if t is None else t
    found = {"time": t} | {d: np.arange(n) for d, n in zip(dims, values.shape[:-1], strict=True)}
    found |= coords or {}
    return xr.DataArray(
        values, dims=(*dims, "time"), coords=found, name=name, attrs={"units": units}
    )


def picture(
    data, *, width=1000, height=600, scale=1.0, start=None, window=None, change=None, **view
):
    """The settled presenter of a session."""
    view.setdefault("window_len", window or 10.0)
    session = build_session(data, **view)
    more = {} if change is None else {"change": change}
    return still(
        session, Viewport(width, height, scale), start=start, window=window, **more
    ).presenter


def tile_of(presenter, row=0):
    """The finished tile of the n-th shown row and its box."""
    row_id = presenter.rows[row].id
    box = next(b for b in presenter.layout.rows if b.row_id == row_id)
    return presenter._shown[row_id], box


def zoomed(row_id):
    """Half of the rows, those in the middle."""

    def change(state):
        return replace(
            state, overrides=state.overrides.with_rows({row_id: RowOverride(y_zoom=0.5)})
        )

    return change
