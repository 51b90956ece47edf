"""What is kept: rows in a database, raw packets in a spool, closed recordings in Parquet."""
