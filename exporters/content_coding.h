/* SPDX-License-Identifier: Apache-2.0 */
/* Which coding of a body a client wants (RFC 9110, 12.5.3). There is one to choose: gzip. */
#ifndef RINGTALLY_EXPORTERS_CONTENT_CODING_H
#define RINGTALLY_EXPORTERS_CONTENT_CODING_H

#include "base/types.h"

/* The value of Accept-Encoding, NULL when there is none. True: gzip is accepted, and no less than
 * the body as it is. What cannot be read is not accepted. */
bool content_coding_wants_gzip(const char *accept_encoding);

#endif
