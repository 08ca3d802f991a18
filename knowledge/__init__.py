"""What the shop knows: articles, their import, the search index over them, and answers or abstention."""
