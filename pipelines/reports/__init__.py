"""What a warehouse answers when it is asked."""
