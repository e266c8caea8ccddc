"""The composition root: the engine facade and the command line."""
