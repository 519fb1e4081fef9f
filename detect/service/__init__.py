"""The service: verdicts over HTTP, by processes that can be killed."""
