"""What Linux tells in /proc, read directly.

psutil reads the same files with some 90 µs of processor time for a process, ours take 30: at 10 Hz that is what lets
a tree of twenty processes be watched for under 1 % of a core (``benchmarks/load/sampling.py``).
"""
