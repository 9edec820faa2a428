"""A short campaign of `make chaos`, with seeds of its own, so that each run plays the same faults."""

import pytest
from support import BUILD
from harness import chaos

SEEDS = [4, 5, 9, 12]  # each meets several faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_round_of_faults_ends_right(stack, seed):
    values = stack.variables("admin")
    print("SEED=%d make chaos plays it again" % seed)
    assert chaos.play(values["AWS_ENDPOINT_URL"], values["INTAKE_ADMIN_DATABASE_URL"], BUILD, seed)
