"""What a question needs to run: opened sources, models, embeddings, drawing, turns and admission."""
