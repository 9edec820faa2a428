"""Clients of AWS, made once for each place and key: to read a service's model takes longer than most tests do.

A client may be used from several threads, the session that makes it may not (Boto3 guide, "Clients").
"""

import functools
import threading

_making = threading.Lock()


@functools.cache
def _client(service, endpoint, region, key, secret, retries):
    import boto3  # slow, and not every test wants it
    import botocore.config
    return boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret, config=botocore.config.Config(
                            s3={"addressing_style": "path"}, retries={"max_attempts": retries}))


def client(service, endpoint, region, key, secret, retries=4):
    with _making:
        return _client(service, endpoint, region, key, secret, retries)
