"""The actions of `perfreg judge`."""
