-- The ledger has a database of its own: both it and Dagster keep their migrations in one table.
CREATE DATABASE ledger;
