"""stack up | down | status | demo | drop"""

import concurrent.futures
import os
import subprocess
import sys
import time

from . import deploy, emulator, environment, places, postgres, processes
from .places import VAR, Failure, State, say


def shown(path):
    """A path as a person in the checkout would type it."""
    return path.relative_to(places.ROOT) if path.is_relative_to(places.ROOT) else path


def up_emulator(state):
    """Brings up AWS: as it runs, as it was when it was stopped, or empty and deployed to."""
    fits = deploy.fits(state)
    running = emulator.is_running(state)
    code = deploy.code_fingerprints()
    if not (running and fits):
        emulator.stop(state, keep=False)
        resume = fits and emulator.may_resume(state)
        emulator.start(state, resume)
        from boto3.session import Session  # while the emulator starts: the import is slow
        del Session
        emulator.wait_ready(state)
        if not resume:
            deploy.deploy(state, code)
            return ["deployed"]
        deploy.renew_stream_mapping(state)
    deploy.update_secret(state)
    changed = deploy.update_code(state, code)
    return ([] if running else ["AWS resumed"]) + ["new code in " + name for name in changed]


def up():
    began = time.monotonic()
    with places.locked():
        state = State()
        postgres.prepare(state)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            deployment = pool.submit(up_emulator, state)
            started = postgres.ensure_ready(state)
            done = deployment.result()
        environment.write(state)
    news = (["database started"] if started else []) + done
    say(f"up in {time.monotonic() - began:.1f} s ({', '.join(news) or 'nothing to do'}); "
        f"`. {shown(VAR / 'env')}` points a terminal at it")


def down():
    if not State.path.exists():
        return
    with places.locked():
        state = State()
        emulator.stop(state, keep=True)
        postgres.stop(state)
    say("down; its data are kept, `make clean-var` drops them")


def drop():
    if State.path.exists():
        with places.locked():
            state = State()
            emulator.stop(state, keep=False)
            postgres.stop(state)
            postgres.drop(state)
    places.remove(places.HOME)
    for name in (*environment.FILES.values(), "env.admin"):
        (VAR / name).unlink(missing_ok=True)


def status():
    state = State()
    database = processes.alive(state["postgres"]) and processes.listens(state["database_port"])
    aws = bool(state["emulator"]) and emulator.is_running(state)
    rows = [("PostgreSQL", database, f"127.0.0.1:{state['database_port']}", postgres.LOG),
            ("AWS (MiniStack)", aws, emulator.endpoint(state), emulator.LOG)]
    for name, runs, where, log in rows:
        print(f"{name:16} {'up  ' + where if runs else 'down':28} {shown(log)}")
    if aws and state["deployed"]:
        print(f"{'environment':16} . {shown(VAR / 'env')}")
    return 0 if database and aws else 3


def new_samples(state):
    """The sample vendors' files that nobody has sent yet: sent twice, they were all duplicates."""
    folder = places.ROOT / "tests" / "fixtures" / "samples"
    with postgres.connect(state, postgres.OWNER) as connection:
        sent = {name for name, in connection.execute("SELECT file_name FROM upload_history")}
    return [str(shown(path)) for path in sorted(folder.glob("*.csv")) if path.name not in sent]


def demo():
    """Sends the sample vendors' files through the functions, then shows the result."""
    up()
    state = State()
    values = dict(os.environ, **environment.for_role(state, "operator"))
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        values.pop(name, None)
    program = str(places.BUILD / "intake")
    samples = new_samples(state)
    if samples:
        subprocess.run([program, "submit", "--wait", *samples], env=values, stdout=sys.stderr)
    arguments = [program] if sys.stdin.isatty() and sys.stdout.isatty() else [program, "uploads"]
    os.execve(program, arguments, values)


COMMANDS = {"up": up, "down": down, "status": status, "demo": demo, "drop": drop}


def main():
    os.chdir(places.ROOT)
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        print(f"usage: stack {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[sys.argv[1]]() or 0
    except Failure as failure:
        say(str(failure))
        return 1


sys.exit(main())
