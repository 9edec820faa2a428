"""The fixture of the tests that drive the functions themselves: one isolated pipeline a test."""

import pytest

from harness.rig import Rig
from support import BUILD


@pytest.fixture
def rig(stack, tmp_path):
    values = stack.variables("admin")
    made = Rig(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, tmp_path,
               seed=20260102)
    yield made
    made.stop()
    told = [line for function in made.functions.values() for line in function.log_lines()
            if isinstance(line, str) and ("Sanitizer" in line or "runtime error" in line)]
    assert not told, told


def upload(rig, sample, copies=1):
    """Puts a sample's file and has the parser take it in; `copies` deliveries at once."""
    event = rig.put(sample.key, sample.body)
    return rig.upload_trigger.send_at_once([event] * copies)
