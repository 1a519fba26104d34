/* connect/template.h -- texts with {names} in them.
 *
 * Is:    a list of names and values, and what a text becomes with them.
 * Owns:  nothing.
 * Never: leaves a name standing: one without a value becomes nothing.
 */
#ifndef CONNECT_TEMPLATE_H
#define CONNECT_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

#define VARS_MAX 96

struct vars {
    Str name[VARS_MAX], value[VARS_MAX];
    size_t n;
};

void vars_set(struct vars *vars, Str name, Str value); /* takes the place of one of the same name */
Str vars_get(const struct vars *vars, Str name);       /* empty: none */

/* Walk a text: the next name in braces; false when there is no other. A brace that is not closed, or closed before a
 * name of letters, digits and _ came, stands for itself. */
bool template_next(Str *rest, Str *before, Str *name);

Str template_text(Str text, const struct vars *vars, struct arena *arena);
void template_url(struct buf *out, Str text, const struct vars *vars); /* the values percent-encoded, the text not */
void url_encode(struct buf *out, Str value);

/* A JSON value with its texts filled in. "{#name}" alone is a number; a member whose text has names and becomes nothing
 * is left out, and so is an item. */
void template_json(struct json_out *out, const struct json *value, const struct vars *vars, struct arena *arena);

#endif
