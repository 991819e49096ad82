"""PostgreSQL: engine, tables, migrations, queue and the embedded server. The one stateful component."""
