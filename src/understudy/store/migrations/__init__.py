"""Alembic's script folder; shipped inside the package so that no alembic.ini is needed."""
