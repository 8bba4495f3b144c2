"""Uploaded files: parts, versions, ingestion, cleaning up."""
