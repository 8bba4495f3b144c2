"""What questions cost: prices, ledger, budgets."""
