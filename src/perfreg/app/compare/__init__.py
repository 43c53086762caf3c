"""Base and head, measured side by side on this machine until it is known how they differ."""
