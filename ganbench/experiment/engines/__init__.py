"""Where units run: one file an engine. Every engine returns the units that failed, and why."""
