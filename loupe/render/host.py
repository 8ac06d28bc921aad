"""Let gloo draw into a GL context that somebody else made.

Gloo's commands go to its current "canvas". A `GlooHost` is one for any context: it also says
which framebuffer to draw into, which is never 0 in a QOpenGLWidget.
"""

from __future__ import annotations

from collections.abc import Callable

from vispy.gloo.context import GLContext, forget_canvas, set_current_canvas

__all__ = ["GlooHost"]


class GlooHost:
    """What gloo takes for its canvas.

    Parameters
    ----------
    framebuffer
        Asked each time before drawing for the id of the framebuffer object to draw into,
        such as ``QOpenGLWidget.defaultFramebufferObject``.
    """

    def __init__(self, framebuffer: Callable[[], int]) -> None:
        self._framebuffer = framebuffer
        self.context = GLContext()
        self._backend = self

    def _vispy_get_fb_bind_location(self) -> int:
        return self._framebuffer()

    def make_current(self) -> None:
        """Let gloo's commands go to this host; its GL context must be current."""
        set_current_canvas(self)

    def flush(self) -> None:
        """Send what gloo has gathered to the GL."""
        self.context.flush_commands()

    def close(self) -> None:
        """Send what is left and be forgotten by gloo."""
        self.context.flush_commands()
        forget_canvas(self)
