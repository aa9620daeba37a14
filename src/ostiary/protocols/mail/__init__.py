"""How does a message leave the house? A letter in the recipient's language, as plain text and HTML, over SMTP with TLS.

Letters fetch nothing from anywhere and tell nobody that they were read: no pictures, no counted links.
"""
