"""What lambda/deploy is made of."""
