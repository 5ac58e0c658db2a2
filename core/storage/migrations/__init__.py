"""The schema's history, run by Alembic as the database's owner."""
