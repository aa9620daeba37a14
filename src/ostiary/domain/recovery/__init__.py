"""How does somebody come back in, and how does a stranger become a consumer?

Four flows, none of which opens a full session: a link and a second factor give a new password or a new passkey; two
others together void what somebody had and let her enrol anew; a notice's "this was not me" ends everything and mails a
link; a verified address becomes an account. Who comes through here still signs in or enrols as everybody does.
"""
