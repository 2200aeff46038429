# SPDX-License-Identifier: Apache-2.0
"""Promises with their figures: a line each, and whether all of them held."""

import sys


class Judge:
    def __init__(self):
        self.failed = []  # titles

    def __call__(self, title, holds, figures):
        print(f"{'ok  ' if holds else 'FAIL'} {title}: {figures}", flush=True)
        if not holds:
            self.failed.append(title)

    def equal(self, title, value, expected):
        self(title, value == expected,
             f"{value}" if value == expected else f"{value}, the truth is {expected}")

    def at_most(self, title, value, limit, unit=""):
        self(title, value <= limit, f"{value:.6g}{unit} (at most {limit:.6g}{unit})")

    def at_least(self, title, value, limit, unit=""):
        self(title, value >= limit, f"{value:.6g}{unit} (at least {limit:.6g}{unit})")

    def end(self):
        sys.exit(1 if self.failed else 0)
