"""How facts are kept: SQLite and PostgreSQL by SQLAlchemy Core; rows never leave this floor."""
