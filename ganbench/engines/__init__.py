"""Where units run. Every engine returns the units that failed, with the reason."""
