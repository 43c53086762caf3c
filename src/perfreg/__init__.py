"""Performance regression testing for CI."""

__version__ = "0.1.0"
