"""Starts MiniStack with one thing mended: an asynchronous call that finds all of a function's reserved
concurrency taken waits for its turn, as in AWS, where a throttled event stays in the queue for up to six
hours. The emulator counts it as a failed attempt: the third is a dead letter.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import contextvars
import runpy
import time

from ministack.services import lambda_svc

asynchronous = contextvars.ContextVar("asynchronous", default=False)
invoke, acquire = lambda_svc.invoke_async_with_retry, lambda_svc._acquire_execution_slot


def invoke_in_turn(func, event):
    token = asynchronous.set(True)  # the emulator's own thread copies the context
    try:
        return invoke(func, event)
    finally:
        asynchronous.reset(token)


def acquire_in_turn(func, config):
    while True:
        slot, limit = acquire(func, config)
        if slot is not None or not asynchronous.get() or not lambda_svc._reserved_concurrency(func, config):
            return slot, limit
        time.sleep(0.1)


lambda_svc.invoke_async_with_retry = invoke_in_turn
lambda_svc._acquire_execution_slot = acquire_in_turn
runpy.run_module("ministack", run_name="__main__")
