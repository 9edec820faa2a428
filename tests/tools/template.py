"""The template as values: its parameters in place, its conditions decided, what AWS would make of it."""

import functools
import pathlib

import yaml

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "lambda" / "template.yaml"
STANDING = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012",
            "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": "intake",
            "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/intake/"
                            "0a1b2c3d-0000-1111-2222-333344445555"}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    pass


def construct(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    return {tag: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", construct)


@functools.cache
def source():
    return yaml.load(TEMPLATE.read_text(), Loader)


class Template:
    """Resources whose condition holds, with parameters resolved; another resource is `<Name.Attribute>`."""

    def __init__(self, **parameters):
        self.source = source()
        self.values = dict(STANDING, **{name: str(row.get("Default", ""))
                                        for name, row in self.source["Parameters"].items()})
        self.values.update({name: str(value) for name, value in parameters.items()})
        self.resources = {name: self.plain(row) for name, row in self.source["Resources"].items()
                          if self.holds(row.get("Condition"))}

    def holds(self, name):
        return name is None or self.decide(self.source["Conditions"][name])

    def decide(self, value):
        [(tag, inner)] = value.items()
        if tag == "Condition":
            return self.holds(inner)
        if tag == "Equals":
            left, right = map(self.plain, inner)
            return str(left) == str(right)
        return {"Not": lambda: not self.decide(inner[0]), "And": lambda: all(map(self.decide, inner)),
                "Or": lambda: any(map(self.decide, inner))}[tag]()

    def sub(self, text, more=()):
        out, more = "", dict(more)
        while "${" in text:
            before, _, rest = text.partition("${")
            name, _, text = rest.partition("}")
            found = "${" + name[1:] + "}" if name.startswith("!") else more.get(name, self.values.get(name, f"<{name}>"))
            out += before + str(found)
        return out + text

    def plain(self, value):
        if isinstance(value, list):
            return [item for item in map(self.plain, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(tag, inner)] = value.items()
            if tag == "Ref":
                return None if inner == "AWS::NoValue" else self.values.get(inner, f"<{inner}>")
            if tag == "GetAtt":
                return f"<{inner}>"
            if tag == "Sub":
                return self.sub(inner) if isinstance(inner, str) else self.sub(inner[0], self.plain(inner[1]))
            if tag == "If":
                return self.plain(inner[1 if self.holds(inner[0]) else 2])
            if tag == "FindInMap":
                first, second, third = map(self.plain, inner)
                return self.source["Mappings"][first][second][third]
            if tag == "Join":
                return self.plain(inner[0]).join(map(str, self.plain(inner[1])))
            if tag in ("Select", "GetAZs"):
                return f"<{tag}>"
        return {key: item for key, item in ((key, self.plain(item)) for key, item in value.items())
                if item is not None}

    def of_type(self, kind):
        return {name: row.get("Properties", {}) for name, row in self.resources.items() if row["Type"] == kind}
