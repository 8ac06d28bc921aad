"""The plot kinds: a closed union, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.plots.zip import Zip

__all__ = ["KINDS", "HeatmapConfig", "Plot", "RasterConfig", "TraceConfig", "Zip"]

Plot: TypeAlias = Annotated[
    TraceConfig | HeatmapConfig | RasterConfig | Zip, Field(discriminator="kind")
]
"""Any plot."""

KINDS: dict[str, type[TraceConfig | HeatmapConfig | RasterConfig | Zip]] = {
    "trace": TraceConfig,
    "heatmap": HeatmapConfig,
    "raster": RasterConfig,
    "zip": Zip,
}
"""Every kind and its model."""
