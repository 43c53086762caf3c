"""HTTP load by Locust: in one process, in several of this host, or on other hosts.

Locust patches the standard library of the process that imports it. So it runs in processes of its own, which begin in
`child`. Nothing in this package that perfreg itself imports (`engine`, `serving` and what they need) may import Locust
or gevent.
"""
