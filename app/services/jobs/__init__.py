"""Work that is never lost: the outbox, events, endings, sweeping."""
