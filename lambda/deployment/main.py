"""The verbs, and how each of them ends."""

import os
import pathlib
import signal
import textwrap

from . import apply, options, plan, rollback, teardown, verify
from .deployment import FOUND_OUT, TEMPLATE, Deployment
from .template import Template
from .words import FAILED, INTERRUPTED, OK, Failure, say, show

TOP = pathlib.Path(__file__).resolve().parents[2]
VERBS = {"plan": plan.plan, "apply": apply.apply, "verify": verify.verify, "rollback": rollback.rollback,
         "teardown": teardown.teardown}


def stop(*_):
    raise KeyboardInterrupt


def parameters():
    """parameters: what may be given, by the template's own words. Asks nobody."""
    for name, default, description in Template(TEMPLATE).described():
        if name not in FOUND_OUT and not name.endswith(("ImageUri", "CodeKey")):
            show(f"{name}={default}" + (f"\n{textwrap.indent(textwrap.fill(description, 92), '    ')}"
                                        if description else ""))
    return OK


def main(words):
    one = None
    signal.signal(signal.SIGTERM, stop)
    try:
        chosen = options.read(words)
        os.chdir(TOP)
        if chosen.verb == "parameters":
            return parameters()
        one = Deployment(chosen, words)
        return VERBS[chosen.verb](one)
    except Failure as failure:
        return tell(one, failure)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
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
