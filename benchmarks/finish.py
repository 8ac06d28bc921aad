"""Waits until what was drawn is on the screen: GL finished, X server answered."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools

from PySide6.QtGui import QGuiApplication, QOpenGLContext
from PySide6.QtOpenGLWidgets import QOpenGLWidget

__all__ = ["finish"]


@functools.cache
def _x11() -> tuple[ctypes.CDLL, ctypes.c_void_p] | None:
    """Xlib and the connection that Qt draws through; None where there is no X server."""
    running = QGuiApplication.instance()
    native = running.nativeInterface() if isinstance(running, QGuiApplication) else None
    path = ctypes.util.find_library("X11")
    if native is None or path is None or not hasattr(native, "display"):
        return None
    return ctypes.CDLL(path), ctypes.c_void_p(native.display())


def finish(widget: QOpenGLWidget) -> None:
    """Return when the GL commands of a widget and all X requests have been carried out."""
    widget.makeCurrent()
    context = QOpenGLContext.currentContext()
    if context is not None:
        context.functions().glFinish()
    widget.doneCurrent()
    x11 = _x11()
    if x11 is not None:
        library, display = x11
        library.XSync(display, 0)
