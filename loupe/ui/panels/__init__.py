"""The parts of the window beside the canvas; each shows the state and dispatches commands."""
