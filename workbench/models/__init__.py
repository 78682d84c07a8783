"""The meaning of customs clearance: built from catalogue records and tables, drawing nothing and opening no file."""
