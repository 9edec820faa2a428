"""Drives the real functions the way Lambda documents it, where the local emulator is weaker.

runtime_api   the Runtime API and the processes behind it
triggers      stream and queue mappings, asynchronous invocation, with their retries
aws_proxy     counts AWS calls by service and operation, and injects faults
faults        what was to be broken, and whether anything ran into it
pg_proxy      counts round trips to PostgreSQL, and cuts connections
rig           one isolated pipeline: bucket, table, queues, topic, database, three functions
"""
