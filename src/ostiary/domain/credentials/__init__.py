"""What proves an identity, and what protects the server's own keys?

Passwords (argon2id with a pepper), TOTP factors, enrolment links, access keys of IAM users, the throttle that counts
every guess before the expensive hash, and the server's own keys under the root key.
"""
