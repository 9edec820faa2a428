"""The verbs, and how each of them ends."""

import os
import pathlib
import signal

from . import apply, options, plan, rollback, teardown, verify
from .deployment import Deployment
from .words import FAILED, INTERRUPTED, Failure, say

TOP = pathlib.Path(__file__).resolve().parents[2]
VERBS = {"plan": plan.plan, "apply": apply.apply, "verify": verify.verify, "rollback": rollback.rollback,
         "teardown": teardown.teardown}


def stop(*_):
    raise KeyboardInterrupt


def main(words):
    one = None
    signal.signal(signal.SIGTERM, stop)
    try:
        chosen = options.read(words)
        os.chdir(TOP)
        one = Deployment(chosen, words)
        return VERBS[chosen.verb](one)
    except Failure as failure:
        return tell(one, failure)
    except OSError as error:
        return tell(one, Failure(f"{error.filename or 'the system'}: {error.strerror}", "", FAILED))
    except KeyboardInterrupt:
        return tell(one, Failure("interrupted; what CloudFormation has begun goes on", "", INTERRUPTED))


def tell(one, failure):
    if one:
        one.tell_failure(failure)
    else:
        say(f"deploy: {failure.what}")
        if failure.way:
            say(f"  way on: {failure.way}")
    return failure.code
