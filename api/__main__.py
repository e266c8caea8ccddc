"""`python -m api` is `motion`."""

from api.cli import main

main()
