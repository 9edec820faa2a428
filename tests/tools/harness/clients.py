"""Clients of AWS, made once for each place and key: to read a service's model takes longer than most tests do.

A client may be used from several threads, the session that makes it may not (Boto3 guide, "Clients").
"""

import functools
import threading

_making = threading.Lock()
_plain = {"S", "N", "BOOL", "NULL", "SS", "NS"}  # kinds of AttributeValue that stand in an answer as they are given out


@functools.cache
def _quick_parser():
    """The parser of JSON answers, but for the items of DynamoDB: it looks for all ten kinds in each of their values."""
    from botocore import parsers

    class Quick(parsers.JSONParser):
        def _handle_map(self, shape, value):
            if shape.value.name != "AttributeValue":
                return super()._handle_map(shape, value)
            return {name: one if _plain.issuperset(one) else self._parse_shape(shape.value, one)
                    for name, one in value.items()}

    return Quick



@functools.cache
def _client(service, endpoint, region, key, secret, retries):
    import boto3  # slow, and not every test wants it
    import botocore.config
    from botocore import parsers
    parsers.PROTOCOL_PARSERS["json"] = _quick_parser()
    return boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret, config=botocore.config.Config(
                            user_agent="intake-tests",  # one that is put together anew for every call takes longer
                            s3={"addressing_style": "path"}, retries={"max_attempts": retries}))


def client(service, endpoint, region, key, secret, retries=4):
    with _making:
        return _client(service, endpoint, region, key, secret, retries)
