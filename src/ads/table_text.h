/* ads/table_text.h -- the bytes of a file as text.
 *
 * Is:    which encoding a file is in, and its bytes as UTF-8.
 * Owns:  nothing.
 * Never: loses a byte: what is no character of the encoding becomes U+FFFD.
 */
#ifndef ADS_TABLE_TEXT_H
#define ADS_TABLE_TEXT_H

#include "base/buf.h"

enum text_encoding { TEXT_UTF8, TEXT_UTF16_LE, TEXT_UTF16_BE, TEXT_WINDOWS_1251 };

/* By the byte order mark, by where the zeros are, by whether the bytes are UTF-8 (mostly: a broken character in a file
 * of good ones stays one); what is none of them is Windows-1251, as older exports in Russian are. */
enum text_encoding text_encoding_of(Str bytes);
/* Append as UTF-8, without the mark; false: `out` is full. */
bool text_to_utf8(Str bytes, enum text_encoding encoding, struct buf *out) MUST_CHECK;
Str text_without_mark(Str utf8);

#endif
