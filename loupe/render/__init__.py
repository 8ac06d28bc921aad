"""Make the screen equal to a `Frame`: vispy's gloo on any OpenGL 2.1 context, no Qt."""
