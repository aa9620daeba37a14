"""What is written to people, to whom, and when is it sent?

A rule that has something to say calls `Outbox.send` inside its own transaction, so a mail goes out exactly when what it
tells of has happened. The message waits sealed; a job claims it, an outside postman renders and sends it, and then its
body is forgotten. This room knows no template and no SMTP.
"""
