"""The database itself: its address, connections and transactions, migrations run."""
