"""What pages and other systems read of attainments, in a constant number of queries."""
