"""The library of actions: documents, stores, ingest and the starter set."""
