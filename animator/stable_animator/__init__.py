"""The diffusion renderer. Its modules import torch, so they are imported inside functions, only when a film is rendered."""
