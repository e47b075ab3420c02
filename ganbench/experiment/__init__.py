"""From a request to records: plan, engines, execution, the run directory."""
