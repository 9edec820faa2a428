"""The local stack: PostgreSQL and an AWS emulator, with the account's own template deployed to it."""
