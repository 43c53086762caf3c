"""`python -m perfreg` is the same as the `perfreg` command."""

from perfreg.cli.main import entry

if __name__ == "__main__":
    entry()
