"""Draw frames without any display: an EGL context of our own and a framebuffer object in it.

Text is not drawn here. The EGL of the system is used through vispy's bindings, without vispy's
application layer, so a window of the same process keeps its own backend.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeRenderError
from loupe.scene.frame import MAX_SIDE, Frame

__all__ = ["Offscreen", "close_shared", "render_frame"]

_RGBA8 = 0x8058
"""GL_RGBA8, a format of renderbuffers that vispy's table of constants lacks."""

_HINT = (
    "install Mesa's software drawing (Debian: apt install libegl1 libgl1 libgl1-mesa-dri), "
    "or set EGL_PLATFORM to what your driver has"
)


def _refuse(what: str, why: object = "") -> LoupeRenderError:
    reason = f": {why}" if str(why) else ""
    return LoupeRenderError(
        f"drawing without a display needs OpenGL through EGL, but {what}{reason}",
        hint=_HINT,
        code="render-no-egl",
    )


class Offscreen:
    """A GL context without a display; a context manager.

    Use it from one thread. It holds GPU memory until `close`.

    Raises
    ------
    LoupeRenderError
        If there is no EGL or no OpenGL; the message names what is missing.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._framebuffer = 0
        self._color = 0
        self._size = (0, 0)
        self._open_egl()
        try:
            from loupe.render.canvas import GLRenderer
            from loupe.render.host import GlooHost

            self._host = GlooHost(lambda: self._framebuffer)
            self._host.make_current()
            self.renderer = GLRenderer()
        except (ImportError, OSError, RuntimeError) as error:
            self._close_egl()
            raise _refuse("the OpenGL library does not work", error) from error

    def _open_egl(self) -> None:
        before = os.environ.get("EGL_PLATFORM")
        os.environ.setdefault("EGL_PLATFORM", "surfaceless")
        try:
            try:
                from vispy.ext import egl
            except (ImportError, OSError) as error:
                raise _refuse("the EGL library (libEGL) is missing", error) from error
            self._egl: Any = egl
            try:
                self._display = egl.eglGetDisplay()
                egl.eglInitialize(self._display)
                wanted = [
                    *(egl.EGL_RED_SIZE, 8, egl.EGL_GREEN_SIZE, 8, egl.EGL_BLUE_SIZE, 8),
                    *(egl.EGL_SURFACE_TYPE, egl.EGL_PBUFFER_BIT),
                    *(egl.EGL_RENDERABLE_TYPE, egl.EGL_OPENGL_BIT),
                ]
                config = egl.eglChooseConfig(self._display, wanted)[0]
                egl.eglBindAPI(egl.EGL_OPENGL_API)
                self._context = egl.eglCreateContext(self._display, config, None)
                self._surface = egl.eglCreatePbufferSurface(
                    self._display, config, (egl.EGL_WIDTH, 16, egl.EGL_HEIGHT, 16)
                )
                self._make_current()
            except (RuntimeError, IndexError, OSError) as error:
                raise _refuse("no EGL context can be made", error) from error
        finally:
            if before is None:
                os.environ.pop("EGL_PLATFORM", None)

    def _make_current(self) -> None:
        egl = self._egl
        egl.eglBindAPI(egl.EGL_OPENGL_API)
        egl.eglMakeCurrent(self._display, self._surface, self._surface, self._context)

    def render(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """Draw a frame's panels.

        Returns
        -------
        ndarray
            ``(H, W, 4)`` uint8 of the frame's size, first row at the top, opaque.

        Raises
        ------
        LoupeRenderError
            If the frame is too large, or the context was closed.
        """
        if self._context is None:
            raise LoupeRenderError(
                "the offscreen context is closed", hint="make another `Offscreen`"
            )
        self._make_current()
        self._host.make_current()
        self._resize(*frame.size)
        width, height = frame.size
        self.renderer.apply(frame)
        self.renderer.draw(width, height)
        return self.renderer.read_pixels(width, height)

    def _resize(self, width: int, height: int) -> None:
        from vispy.gloo import gl

        from loupe.render.cache import check_side

        if (width, height) == self._size:
            return
        if width < 1 or height < 1:
            raise LoupeRenderError(f"a picture cannot be {width} x {height} pixels")
        check_side(
            (width, height), min(int(gl.glGetParameter(gl.GL_MAX_RENDERBUFFER_SIZE)), MAX_SIDE)
        )
        self._delete_framebuffer()
        self._framebuffer = int(gl.glCreateFramebuffer())
        self._color = int(gl.glCreateRenderbuffer())
        gl.glBindRenderbuffer(gl.GL_RENDERBUFFER, self._color)
        gl.glRenderbufferStorage(gl.GL_RENDERBUFFER, _RGBA8, width, height)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._framebuffer)
        gl.glFramebufferRenderbuffer(
            gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_RENDERBUFFER, self._color
        )
        state = gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER)
        if int(state) != int(gl.GL_FRAMEBUFFER_COMPLETE):
            raise _refuse("its framebuffers do not work", f"status {int(state):#x}")
        self._size = (width, height)

    def _delete_framebuffer(self) -> None:
        from vispy.gloo import gl

        if self._framebuffer:
            gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, 0)
            gl.glDeleteFramebuffer(self._framebuffer)
            gl.glDeleteRenderbuffer(self._color)
        self._framebuffer = self._color = 0
        self._size = (0, 0)

    def close(self) -> None:
        """Give everything back; may be called again."""
        if self._context is None:
            return
        self._make_current()
        self._host.make_current()
        self.renderer.close()
        self._host.close()
        self._delete_framebuffer()
        self._close_egl()

    def _close_egl(self) -> None:
        egl = self._egl
        egl.eglMakeCurrent(self._display, egl.EGL_NO_SURFACE, egl.EGL_NO_SURFACE, 0)
        egl.eglDestroySurface(self._display, self._surface)
        # Without a name in vispy's bindings, which never give a context back.
        egl._lib.eglDestroyContext(self._display, self._context)
        self._context = None

    def __enter__(self) -> Offscreen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_shared: Offscreen | None = None
_lock = threading.Lock()


def render_frame(frame: Frame) -> npt.NDArray[np.uint8]:
    """Draw a frame's panels, without text, in a context that is kept for the next call.

    The context belongs to the thread of the first call: call it from no other.

    Parameters
    ----------
    frame
        Sizes in it are device pixels: a frame built for twice the scale gives twice the size.

    Returns
    -------
    ndarray
        ``(H, W, 4)`` uint8 of the frame's size, first row at the top, opaque. The same frame
        gives the same bytes.

    Raises
    ------
    LoupeRenderError
        If there is no EGL, or the frame is too large.
    """
    global _shared
    with _lock:
        if _shared is None:
            _shared = Offscreen()
            atexit.register(close_shared)
        return _shared.render(frame)


def close_shared() -> None:
    """Give back the context that `render_frame` keeps."""
    global _shared
    with _lock:
        if _shared is not None:
            _shared.close()
            _shared = None
