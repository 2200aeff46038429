# SPDX-License-Identifier: Apache-2.0
"""Series that come and go add up to the truth, through a real Prometheus: churn.py, in a short form."""

import unittest

import churn
import ringtally
from judge import Judge

SECONDS = 24  # two epochs, at the least


class Churn(unittest.TestCase):
    def test_increases_add_up(self):
        ringtally.require_kernel()
        judge = Judge()
        churn.run(judge, SECONDS)
        self.assertEqual(judge.failed, [])


if __name__ == "__main__":
    ringtally.main()
