"""The decision rules of the field, by name: how far a new run is from the past ones, and when that is too far."""
