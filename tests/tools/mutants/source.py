"""C as tokens, so that a fault is planted in code and never in a comment, a literal or a directive."""

import bisect
import collections
import re

Token = collections.namedtuple("Token", "kind text start end")

TOKENS = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
      | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
      | (?P<char>[uUL]?'(?:\\.|[^'\\\n])*')
      | (?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<op>->|\+\+|--|<<=|>>=|\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S)""",
    re.X | re.M | re.S)

PAIRS = {"(": ")", "[": "]", "{": "}"}


class Source:
    """A C file: its tokens of code, where each bracket closes, and the functions with their bodies."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = [match.end() for match in re.finditer("\n", text)]
        self.tokens = [Token(match.lastgroup, match.group(), match.start(), match.end())
                       for match in TOKENS.finditer(text) if match.lastgroup not in ("comment", "directive")]
        self.closes = self._match_brackets()
        self.functions = list(self._find_functions())  # (name, token that opens the body, token that closes it)

    def line(self, offset):
        return bisect.bisect_right(self.lines, offset) + 1

    def _match_brackets(self):
        closes, opened = {}, []
        for index, token in enumerate(self.tokens):
            if token.kind != "op":
                continue
            if token.text in PAIRS:
                opened.append(index)
            elif opened and token.text == PAIRS[self.tokens[opened[-1]].text]:
                closes[opened.pop()] = index
        return closes

    def _find_functions(self):
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.text in PAIRS and token.kind == "op":
                close = self.closes.get(index, len(self.tokens) - 1)
                if token.text == "{" and index and self.tokens[index - 1].text == ")":
                    yield self._name_before(index - 1), index, close
                index = close
            index += 1

    def _name_before(self, close):
        opened = next((at for at, end in self.closes.items() if end == close), 0)
        return self.tokens[opened - 1].text if opened else ""

    def bodies(self):
        """The index of each token within a function, with the function's name."""
        for name, opened, close in self.functions:
            for index in range(opened + 1, close):
                yield name, index

    def slice(self, first, last):
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def condition(self, index):
        """The brackets behind `if` or `while`: the tokens that open and close them; None where there are none."""
        if index + 1 < len(self.tokens) and self.tokens[index + 1].text == "(":
            return index + 1, self.closes.get(index + 1, index + 1)
        return None

    def arguments(self, opened):
        """A call's arguments, each as first and last token."""
        found, first, index, close = [], opened + 1, opened + 1, self.closes[opened]
        while index <= close:
            token = self.tokens[index]
            if index == close or (token.text == "," and token.kind == "op"):
                if index > first:
                    found.append((first, index - 1))
                first = index + 1
            elif token.text in PAIRS and token.kind == "op":
                index = self.closes[index]
            index += 1
        return found

    def statement_end(self, index):
        """The token of the semicolon that ends the simple statement at `index`."""
        while index < len(self.tokens) and self.tokens[index].text != ";":
            index = self.closes.get(index, index) + 1
        return index

    def literals(self):
        """Literals that stand side by side, as one text with the offset in the file of each character of it."""
        index = 0
        while index < len(self.tokens):
            if self.tokens[index].kind != "string":
                index += 1
                continue
            text, offsets = [], []
            while index < len(self.tokens) and self.tokens[index].kind == "string":
                token = self.tokens[index]
                opened = token.text.index('"') + 1
                text.append(token.text[opened:-1])
                offsets.extend(range(token.start + opened, token.end - 1))
                index += 1
            yield "".join(text), offsets
