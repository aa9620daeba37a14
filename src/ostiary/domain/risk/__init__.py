"""How unusual is this sign-in, and what follows from that? (BP01-2, BP01-11, BP01-13)

Signals with a score each become a level; the table of sign-in policies says what a level asks for. Nothing here lets
anybody in: a score can only ask for more, or block.
"""
