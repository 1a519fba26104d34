/* base/file.h -- files of a spool: mapped, copied, moved.
 *
 * Is:    a file's bytes to be read where they lie, and what brings a file into a folder.
 * Owns:  the mapping, until file_unmap.
 * Never: knows what is in a file.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"

#define FILE_PATH_MAX 1280

bool file_map(const char *path, Str *bytes, struct err *err) MUST_CHECK; /* an empty file: no bytes, nothing to unmap */
void file_unmap(Str bytes);
bool file_make_folder(const char *path, struct err *err) MUST_CHECK; /* fine if it is there */
/* Within one file system; *n: the file's size. */
bool file_move(const char *from, const char *to, int64_t *n, struct err *err) MUST_CHECK;
bool file_copy(const char *from, const char *to, struct err *err) MUST_CHECK; /* on disk when true */
bool file_put(const char *path, Str bytes, struct err *err) MUST_CHECK;       /* likewise, and never half */

#endif
