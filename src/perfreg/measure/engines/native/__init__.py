"""The embedded load engine: HTTP/1.1 on an asyncio protocol with httptools, and uvloop where it installs.

Nothing stands between the socket and the clock, so that it is the server that is measured: a slow client measures
itself. One request is in flight on a connection; nothing is pipelined.
"""
