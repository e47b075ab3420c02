"""``report.html``: everything that a run directory shows, as one page that makes no request."""
