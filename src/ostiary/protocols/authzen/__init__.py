"""May she do this to that? Other services ask, and the house's own policies answer: OpenID AuthZEN.

Of the Authorization API 1.0, `exchange.py` is the walk of every request on one screen, `entities.py` the information
model; `stated.py` and `resources.py` say what of it policies see, `subjects.py` who is meant, and `decisions.py` asks
the one authorizer.
https://openid.net/specs/authorization-api-1_0.html
"""
