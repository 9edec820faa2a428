"""The AWS CLI itself, started once: forks for every call, in the caller's environment and on the caller's
open files.  warm_aws.py SOCKET"""

import fcntl
import gc
import os
import signal
import socket
import sys

from stand_in import read_request

import awscli.clidriver
from awscli.botocore import loaders

SERVICES = ("sts", "cloudformation", "s3", "lambda", "dynamodb", "logs", "ecr", "rds")


def prepare():
    """What the CLI does at each start until it looks at its caller: finds its commands, parses its models."""
    read, kept = loaders.JSONFileLoader._load_file, {}

    def load(self, path, open_method):
        if path not in kept:
            kept[path] = read(self, path, open_method)
        return kept[path]

    loaders.JSONFileLoader._load_file = load
    driver = awscli.clidriver.create_clidriver()
    commands = driver._get_command_table()
    driver._create_parser(commands)
    for service in SERVICES:
        driver.session.create_client(service, region_name="us-east-1", aws_access_key_id="none",
                                     aws_secret_access_key="none")
    return driver


def run(driver, request):
    """In the child: becomes the program that was called."""
    high = {number: fcntl.fcntl(file, fcntl.F_DUPFD, 100) for number, file in request["files"].items()}
    for number, file in high.items():
        os.dup2(file, number)
        os.close(file)
    data = os.environ["AWS_DATA_PATH"]  # the CLI sets it when it is imported
    os.environ.clear()
    os.environ.update(request["environment"], AWS_DATA_PATH=data)
    os.chdir(request["folder"])
    sys.argv = ["aws"] + request["words"]
    return driver.main()


def main():
    driver = prepare()
    gc.freeze()
    gc.disable()  # a collection in a child would copy all of the parent's pages
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(8)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        peer, _ = listener.accept()
        request = read_request(peer)
        child = os.fork()
        if child == 0:
            listener.close()
            try:
                code = run(driver, request)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            except BaseException as error:
                os.write(2, f"warm_aws: {type(error).__name__}: {error}\n".encode())
                code = 97
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code or 0)
        for file in request["files"].values():
            os.close(file)
        _, status = os.waitpid(child, 0)
        peer.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xff]))
        peer.close()


main()
