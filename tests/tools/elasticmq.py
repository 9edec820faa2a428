"""ElasticMQ, for what the AWS emulator lacks: move tasks. Fetched through Maven when Java is there."""

import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

import leash

VERSION = "1.7.1"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>intake</groupId><artifactId>elasticmq</artifactId><version>1</version><dependencies><dependency>
<groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>
"""


def fetch(folder):
    """The folder with the jars, or a word that says why there is none."""
    jars = folder / VERSION
    if jars.is_dir():
        return jars, None
    for program in ("java", "mvn"):
        if not shutil.which(program):
            return None, f"{program} is not installed"
    part = folder / f"part-{os.getpid()}"
    part.mkdir(parents=True)
    (part / "pom.xml").write_text(POM)
    done = subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={part}/jars"],
                          cwd=part, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        return None, f"Maven could not fetch it: {done.stdout[-300:]}"
    try:
        (part / "jars").rename(jars)
    except OSError:
        pass  # another worker was faster
    shutil.rmtree(part)
    return jars, None


class ElasticMq:
    def __init__(self, jars, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "elasticmq.conf"
        config.write_text(f"""include classpath("application.conf")
rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", sqs-limits = strict }}
rest-stats {{ enabled = false }}
node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
aws {{ region = us-east-1, accountId = 000000000000 }}
""")
        self.log = open(folder / "elasticmq.log", "w")
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",  # it lives for seconds
             f"-Dconfig.file={config}", "-cp", f"{jars}/*", "org.elasticmq.server.Main"],
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.leash = leash.undone_by("kill", self.process.pid)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=1)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                assert self.process.poll() is None, pathlib.Path(self.log.name).read_text()[-2000:]
                assert time.monotonic() < deadline, "ElasticMQ does not answer"
                time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        leash.done(self.leash)
        self.log.close()
