# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the Prometheus text format 0.0.4.

It takes less than the format allows: HELP (if any), TYPE and samples of a family stand together and
in this order, no series comes twice, there are no other lines. Whatever else it meets is an
ExpositionError that names the line.
"""

import decimal
import re

OTHER = "__other__"
LOST = "__lost__"

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NUMBER = re.compile(r"NaN|[+-]Inf|[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


class ExpositionError(AssertionError):
    pass


def _unescape(text, escapes):
    """Takes out the backslashes; a backslash before anything else is an error."""
    out, at = [], 0
    while at < len(text):
        if text[at] != "\\":
            out.append(text[at])
            at += 1
            continue
        escape = text[at + 1:at + 2]
        if not escape or escape not in escapes:
            raise ExpositionError(f"unknown escape '\\{escape}'")
        out.append(escapes[escape])
        at += 2
    return "".join(out)


def _number(text):
    """Integers stay exact, whatever their size."""
    if not _NUMBER.fullmatch(text):
        raise ExpositionError(f"'{text}' is not a number")
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    return decimal.Decimal(text.replace("Inf", "Infinity"))


def _label_end(line, at):
    """Where the label value that begins at `at` ends: its closing quote."""
    while at < len(line):
        if line[at] == '"':
            return at
        at += 2 if line[at] == "\\" else 1
    raise ExpositionError("a label value has no end")


def _labels(line, at):
    """The labels between { and }, and what stands behind."""
    labels = []
    while line[at:at + 1] != "}":
        name = _LABEL.match(line, at)
        if not name or line[name.end():name.end() + 2] != '="':
            raise ExpositionError("a label is not NAME=\"VALUE\"")
        begin = name.end() + 2
        end = _label_end(line, begin)
        value = _unescape(line[begin:end], {"\\": "\\", '"': '"', "n": "\n"})
        if name.group().startswith("__") or name.group() in dict(labels):
            raise ExpositionError(f"label {name.group()} is reserved or comes twice")
        labels.append((name.group(), value))
        at = end + 1
        if line[at:at + 1] == ",":
            at += 1
            if line[at:at + 1] == "}":
                raise ExpositionError("a comma before }")
        elif line[at:at + 1] != "}":
            raise ExpositionError("labels are not separated by commas")
    return tuple(labels), at + 1


class Family:
    def __init__(self, name, help_text):
        self.name = name
        self.help = help_text
        self.type = None
        self.samples = []  # (name, labels, value), in the order of the text

    def suffixes(self):
        if self.type == "histogram":
            return ("_bucket", "_sum", "_count")
        if self.type == "summary":
            return ("", "_sum", "_count")
        return ("",)


class Exposition:
    def __init__(self, body):
        """body: bytes as they came over the wire."""
        self.families = {}
        self._series = {}
        self._current = None
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as e:
            raise ExpositionError(f"not UTF-8: {e}") from None
        if not text.endswith("\n"):
            raise ExpositionError("the last line has no end")
        for number, line in enumerate(text[:-1].split("\n"), 1):
            try:
                self._line(line)
            except ExpositionError as e:
                raise ExpositionError(f"line {number}: {e}: {line!r}") from None
        self._end_family()

    def _line(self, line):
        if line.startswith("# HELP "):
            self._help(line[len("# HELP "):])
        elif line.startswith("# TYPE "):
            self._type(line[len("# TYPE "):])
        else:
            self._sample(line)

    def _begin_family(self, name, help_text):
        self._end_family()
        if not _METRIC.fullmatch(name):
            raise ExpositionError("not a metric name")
        if name in self.families:
            raise ExpositionError("this family was there before")
        self._current = self.families[name] = Family(name, help_text)

    def _help(self, rest):
        name, space, help_text = rest.partition(" ")
        if not space:
            raise ExpositionError("HELP without a text")
        self._begin_family(name, _unescape(help_text, {"\\": "\\", "n": "\n"}))

    def _type(self, rest):
        name, _, kind = rest.partition(" ")
        if kind not in _TYPES:
            raise ExpositionError("not a type")
        if not self._current or self._current.type:
            self._begin_family(name, None)
        if self._current.name != name:
            raise ExpositionError("TYPE does not follow its HELP")
        self._current.type = kind

    def _sample(self, line):
        name = _METRIC.match(line)
        if not name:
            raise ExpositionError("neither HELP, TYPE nor a sample")
        at, labels = name.end(), ()
        if line[at:at + 1] == "{":
            labels, at = _labels(line, at + 1)
        if line[at:at + 1] != " ":
            raise ExpositionError("no space before the value")
        value = _number(line[at + 1:])  # a timestamp would not be a number
        family = self._current
        if not family or not family.type:
            raise ExpositionError("a sample before its HELP and TYPE")
        if name.group() not in [family.name + suffix for suffix in family.suffixes()]:
            raise ExpositionError("a sample of another family")
        series = (name.group(), tuple(sorted(labels)))
        if series in self._series:
            raise ExpositionError("this series was there before")
        if family.type in ("counter", "histogram") and (value != value or value < 0):
            raise ExpositionError("a counter below 0, or none at all")
        self._series[series] = value
        family.samples.append((name.group(), labels, value))

    def _end_family(self):
        family = self._current
        if not family:
            return
        if not family.samples:
            raise ExpositionError(f"family {family.name} has no samples")
        if family.type == "histogram":
            self._check_histograms(family)

    def _check_histograms(self, family):
        """Bounds ascend to +Inf, counts do not fall, the last is the count."""
        groups = {}
        for name, labels, value in family.samples:
            rest = tuple(label for label in labels if label[0] != "le")
            group = groups.setdefault(rest, {"buckets": []})
            if name.endswith("_bucket"):
                le = dict(labels).get("le")
                if le is None:
                    raise ExpositionError(f"{family.name}: a bucket without le")
                group["buckets"].append((_number(le), value))
            else:
                group[name[len(family.name):]] = value
        for labels, group in groups.items():
            bounds = [decimal.Decimal(le) for le, _ in group["buckets"]]
            counts = [value for _, value in group["buckets"]]
            sound = (bounds and bounds == sorted(set(bounds)) and counts == sorted(counts)
                     and bounds[-1] == decimal.Decimal("Infinity")
                     and group.get("_count") == counts[-1] and "_sum" in group)
            if not sound:
                raise ExpositionError(f"{family.name}{dict(labels)}: not a histogram")

    def value(self, name, **labels):
        """Of the one series with exactly these labels; None when it is not there."""
        return self._series.get((name, tuple(sorted(labels.items()))))

    def select(self, name, **labels):
        """[(labels, value)] of all series of a name that have these labels among others."""
        wanted = set(labels.items())
        return [(dict(series), value) for (own, series), value in self._series.items()
                if own == name and wanted <= set(series)]

    def total(self, name, **labels):
        return sum(value for _, value in self.select(name, **labels))

    def counters(self):
        """{(name, labels): value} of everything that may never go down."""
        falling = {family.name for family in self.families.values()
                   if family.type not in ("counter", "histogram")}
        return {series: value for series, value in self._series.items()
                if series[0] not in falling}
