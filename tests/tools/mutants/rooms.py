"""Which tests could see a fault: unit tests by what they link, integration tests by room, likeliest first."""

import pathlib
import re

# The longest name that a path begins with says what runs; NAME or FOLDER/NAME under tests/integration/.
TABLE = {
    "core/base/": ["record/shapes", "commands/typed", "operate/guide", "commands/commands_offline", "pipeline/pipeline",
                   "commands/commands_stack", "pipeline/functions_events"],
    "core/record/": ["record/shapes", "pipeline/pipeline", "pipeline/pipeline_shapes", "pipeline/pipeline_shapes_as_checked",
                     "pipeline/functions_events", "operate/guide", "record/rules_oracle"],
    "core/record/subscription_filter": ["operate/vendors", "health/doctor", "health/what_is_not_seen"],
    "core/record/metrics": ["pipeline/functions_events", "pipeline/functions_process"],
    "core/pipeline/": ["pipeline/pipeline", "pipeline/functions_marks", "pipeline/whole_file_again",
                       "pipeline/report_rebuild", "pipeline/functions_late_writes", "pipeline/pipeline_shapes",
                       "pipeline/functions_leases", "pipeline/functions_gone", "pipeline/functions_events",
                       "pipeline/functions_process", "operate/revalidate", "operate/notify"],
    "core/pipeline/batch": ["pipeline/pipeline_shapes", "pipeline/pipeline_shapes_as_checked", "operate/revalidate",
                            "pipeline/functions_delivery"],
    "core/pipeline/outbox": ["pipeline/functions_process", "pipeline/functions_marks", "pipeline/functions_sweep"],
    "core/pipeline/sweep": ["pipeline/functions_sweep", "pipeline/functions_gone"],
    "core/history/": ["commands/commands_stack", "history/trends", "operate/guide", "commands/search"],
    "core/health/": ["health/doctor", "health/doctor_session", "health/what_is_not_seen", "health/watch",
                     "commands/commands_stack"],
    "core/health/stuck": ["operate/revalidate_pending", "commands/commands_stack", "health/watch"],
    "core/operate/": ["operate/revalidate", "operate/dlq", "operate/vendors", "operate/notify", "commands/commands_stack"],
    "core/operate/cell": ["record/shapes", "operate/guide"],
    "core/operate/check/": ["record/shapes", "commands/commands_offline"],
    "core/operate/dead_letter/": ["operate/dlq", "operate/dlq_discard", "operate/dlq_functions", "operate/dlq_selection",
                                  "operate/dlq_to", "operate/dlq_replay"],
    "core/operate/guide/": ["operate/guide", "operate/onboarding"],
    "core/operate/owner/": ["commands/commands_in_account", "operate/onboarding", "lambda/migrate_function"],
    "core/operate/replay/": ["operate/dlq", "operate/dlq_replay", "operate/dlq_functions", "operate/dlq_to",
                             "operate/dlq_selection", "operate/dlq_interrupted", "operate/dlq_lock", "operate/dlq_move_task"],
    "core/operate/resend/": ["operate/notify"],
    "core/operate/revalidate/": ["operate/revalidate", "operate/revalidate_pending", "operate/revalidate_interrupted",
                                 "pipeline/functions_late_writes", "pipeline/report_rebuild"],
    "core/operate/shift/": ["operate/shift"],
    "core/operate/state_directory": ["commands/environments"],
    "core/operate/submit": ["commands/commands_stack", "pipeline/pipeline"],
    "core/operate/vendors/": ["operate/vendors", "operate/upload_link", "operate/onboarding", "commands/commands_stack"],
    "aws/": ["aws/sigv4", "aws/aws_clients", "aws/aws_transport", "aws/endpoints", "aws/sign_in", "aws/rate",
             "commands/environments", "pipeline/pipeline", "operate/dlq", "operate/vendors", "operate/revalidate"],
    "sql/": ["sql/sql_connection", "sql/sql_sessions", "sql/sql_claim", "sql/sql_migrations", "sql/sql_planted",
             "pipeline/pipeline"],
    "sql/migrations/": ["sql/sql_migrations", "sql/sql_violations", "sql/sql_roles", "sql/sql_claim", "operate/shift",
                        "history/trends", "pipeline/pipeline", "pipeline/functions_leases"],
    "lambda/": ["pipeline/functions_process", "pipeline/functions_events", "pipeline/functions_sessions",
                "pipeline/pipeline", "pipeline/functions_gone"],
    "lambda/main_intake_migrate": ["lambda/migrate_function"],
}

STACK = re.compile(r"\b(stack|rig|run_intake|database|new_vendor)\b")


def tests_of(path):
    room = max((name for name in TABLE if path.startswith(name)), key=len, default=None)
    names = (name.rpartition("/") for name in TABLE.get(room, []))
    return [f"tests/integration/{folder}/test_{name}.py" for folder, _, name in names]


def need_stack(tree, tests):
    """Whether one of them asks for the stack, or for what is made of it."""
    return any(STACK.search((tree / test.partition("::")[0]).read_text()) for test in tests)


def is_near(unit, path):
    """A unit test of the file's room: tests/unit has the rooms as its folders."""
    room = unit.removeprefix("tests/unit/").rpartition("/")[0]
    return path.startswith(room + "/")


def is_named_alike(unit, path):
    name, stem = unit.rpartition("/")[2].removeprefix("test_"), pathlib.PurePath(path).stem
    return name.startswith(stem) or stem.startswith(name)
