"""What lambda/template.yaml declares, as far as a deployment must know it. The file keeps to two spaces a
level and one key a line, which a test holds against a real YAML parser."""

import pathlib
import re

LIMIT = 51200  # bytes of a template within a request: CloudFormation, "Understand CloudFormation quotas"
OF_FUNCTIONS = {"PackageType", "CodeBucket", "Architecture", "LogLevel", "FunctionTimeout", "ErrorQueueVisibility",
                "ErrorBatchingWindow", "StreamBatchingWindow", "StreamRetryAttempts", "SweepSchedule", "PruneSchedule",
                "ReserveConcurrency"}
MIGRATES = "intake-migrate"


def section(text, name):
    """A top-level section as {key: its lines}."""
    found = re.search(rf"^{name}:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    parts = re.split(r"^  (\w+):[^\n]*\n", found[1] if found else "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def value_of(lines, key):
    found = re.search(rf"^    {key}: *(.*?) *$", lines, re.MULTILINE)
    if not found:
        return None
    quoted = re.fullmatch(r'"(.*)"', found[1]) or re.fullmatch(r"'(.*)'", found[1])
    return quoted[1] if quoted else found[1]


def description_of(lines):
    """A parameter's description, on one line."""
    found = re.search(r"^    Description: *(?:>-)?((?:.*\n)(?:      .*\n)*)", lines, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


class Template:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.text = self.path.read_text()
        self.parameters = {name: value_of(lines, "Default") for name, lines in section(self.text, "Parameters").items()}
        self.secret = {name for name, lines in section(self.text, "Parameters").items()
                       if value_of(lines, "NoEcho") == "true"}
        self.resources = {name: value_of(lines, "Type") for name, lines in section(self.text, "Resources").items()}
        # As the parameters call each function, and as its program is called.
        self.functions = {name[:-len("CodeKey")]: default.removesuffix(".zip")
                          for name, default in self.parameters.items() if name.endswith("CodeKey")}

    def fits(self):
        return len(self.text.encode()) <= LIMIT

    def default(self, name):
        return self.parameters.get(name) or ""

    def described(self):
        """[(parameter, default, description)]"""
        return [(name, "a secret" if name in self.secret else self.default(name) or '""', description_of(lines))
                for name, lines in section(self.text, "Parameters").items()]

    def migration(self):
        """The parameters' name of the function that migrates, or None."""
        return next((name for name, program in self.functions.items() if program == MIGRATES), None)

    def of_functions(self, name):
        """Whether a parameter is a function's own: what a rollback takes back."""
        migration = self.migration()
        if migration and name.startswith(migration):
            return False
        return name in OF_FUNCTIONS or name.endswith(("ImageUri", "CodeKey", "Concurrency"))
