"""What people look at: CSV files, tables and plots. Nothing here trains or measures."""
