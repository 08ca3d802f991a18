"""What the shop does for a customer: conversations, orders, complaints, hand-off."""
