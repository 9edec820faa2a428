"""A database with generated uploads, and the environment that leads a console to it."""

import os
import pathlib
import subprocess

import psycopg

from support import BUILD

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("INTAKE_PROGRAM") or str(BUILD / "intake")
NEWEST = "2026-01-02 12:00:00Z"
NEWEST_ID = "UPLOAD_20260102_120000_VEND001"
UPLOADS = 1200


class History:
    """A database with a history, and the environment that leads a console to it."""

    def __init__(self, cluster, uploads=UPLOADS):
        self.cluster = cluster
        self.database = cluster.new_database()
        self.database.migrate()
        self.database.add_logins()
        subprocess.run(
            ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"uploads={uploads}", "-v", f"newest={NEWEST}",
             "-f", str(HERE / "history.sql"), self.database.url], check=True, capture_output=True)

    def url(self, user="operator"):
        return self.cluster.url(self.database.name, user)

    def environment(self, home, user="operator"):
        return {
            "INTAKE_DATABASE_URL": self.url(user),
            "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_PROFILE": None,
            "AWS_EC2_METADATA_DISABLED": "true", "PAGER": "cat",
        }

    def connect(self):
        return psycopg.connect(self.database.url, autocommit=True)

    def execute(self, statement, *parameters):
        with self.connect() as connection:
            return connection.execute(statement, parameters)

