"""Questions without a person waiting: batches, schedules, webhooks."""
