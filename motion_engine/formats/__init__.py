"""Motion file formats, one module each; degrees, centimetres and channel orders stay in here."""
