"""In which language are people spoken to, on pages and in mails? Catalogues of sentences, and dates."""
