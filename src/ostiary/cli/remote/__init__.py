"""How does a person at a terminal come to the server, as any application does? Through its public standards alone.

Nothing here opens a data directory: `ostiary login` works on a machine that has nothing but an address. Discovery
(`server.py`), a browser with a loopback port (`browser.py`, `loopback.py`; RFC 8252), a device code where there is no
browser (`device.py`; RFC 8628), what is kept (`kept.py`), and how it is renewed (`current.py`).
"""
