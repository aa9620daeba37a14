"""Who may do what? Roles, permission sets, assignments, and the one authorizer that every operation asks.

Roles and policies are read from memory: an immutable index is built when their generation changes.
"""
