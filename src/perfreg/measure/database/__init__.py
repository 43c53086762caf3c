"""What measuring a database takes: where it is, sessions on it, its query plans, and clients that load it."""
