"""A small web shop to measure: the service that `perfreg demo` and perfreg's own performance workflow start."""
