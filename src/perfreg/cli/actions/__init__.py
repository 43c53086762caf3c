"""The GitHub Action: what its inputs and the event ask for, done, and published."""
