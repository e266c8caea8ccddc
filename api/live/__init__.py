"""Live characters: rooms in which one body moves, many watch and some command."""
