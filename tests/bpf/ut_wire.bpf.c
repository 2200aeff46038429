/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Every struct of the wire in one object's BTF: pointers to them are all it has. */
#include "bpf/lib/core.bpf.h"

#define ANCHOR(name) const struct name *const volatile anchor_##name = 0

ANCHOR(wire_head);
ANCHOR(wire_partial);
ANCHOR(wire_raw);
ANCHOR(wire_mark);
ANCHOR(wire_label);
ANCHOR(wire_plan);
ANCHOR(wire_metric);
ANCHOR(wire_filter);
ANCHOR(wire_test);
ANCHOR(wire_term);
ANCHOR(wire_buckets);
ANCHOR(wire_ledger);
ANCHOR(wire_lost_cell);
ANCHOR(wire_saved_context);
