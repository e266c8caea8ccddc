"""The diffusion renderer. Its modules import torch: import them inside functions, when a film is to be rendered."""
