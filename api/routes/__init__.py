"""The routes of the web service, a module for each kind of thing."""
