"""intake-migrate itself, under the Runtime API, with secrets and a database of a test's own."""

import json
import os
import urllib.parse
import uuid

from harness.runtime_api import Function
from support import BUILD


class MigrateRig:
    """`where`: the secret's host, port and dbname. `owner`: its username and password."""

    def __init__(self, stack, folder, where, owner, login):
        self.login, self.password = login, uuid.uuid4().hex
        self.where = dict(where, sslmode="disable")
        self.secrets = stack.client("secretsmanager")
        self.name = "migrate-" + uuid.uuid4().hex[:12]
        self.secrets.create_secret(Name=self.name, SecretString=self.document())
        self.secrets.create_secret(Name=self.name + "-owner", SecretString=json.dumps(owner))
        values = stack.variables("admin")
        environment = {name: values[name] for name in (
            "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        environment.update({name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                                                "LSAN_OPTIONS") if name in os.environ})
        environment.update(RDS_SECRET_NAME=self.name, RDS_OWNER_SECRET=self.name + "-owner")
        self.function = Function("intake-migrate", BUILD / "lambda" / "intake-migrate" / "bootstrap",
                                 environment, folder / "intake-migrate.log", 60)

    def document(self, **changes):
        return json.dumps({**self.where, "username": self.login, "password": self.password, **changes})

    def put(self, document, owner=False):
        self.secrets.put_secret_value(SecretId=self.name + "-owner" * owner, SecretString=document)

    def call(self, action, **members):
        """The answer; what failed is an error of the test."""
        result = self.function.invoke({"action": action, **members})
        assert result.ok, result.payload
        return result.document

    def refusal(self, event):
        """The errorType and errorMessage of a call that fails."""
        result = self.function.invoke(event)
        assert result.status == "error", result
        return result.document["errorType"], result.document["errorMessage"]

    def stop(self):
        self.function.stop()


def at(url, database):
    """Where a database of the same server is, as a secret says it, and who owns it."""
    address = urllib.parse.urlsplit(url)
    return ({"host": address.hostname, "port": address.port, "dbname": database},
            {"username": address.username, "password": address.password})
