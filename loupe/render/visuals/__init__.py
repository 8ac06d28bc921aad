"""One module a primitive of `loupe.scene.frame`: its shader and how it is drawn."""
