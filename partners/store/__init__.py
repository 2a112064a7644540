"""The database: tables, queries, migrations. SQLite by default, PostgreSQL by DATABASE_URL."""
