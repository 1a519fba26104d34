#include <string.h>

#include "events/live.h"

static void show_item(struct live *live, const struct rules *rules, const struct foreign *foreign,
                      const struct raw_entry *entry, const struct staged *item)
{
    struct live_item shown = {
        .received_ms = entry->received_ms,
        .at_ms = item->at_ms,
        .source_id = entry->source_id,
        .type = raw_kind_name(item->kind),
        .state = item->repeat ? "repeated" : "kept",
    };
    char alias[ALIAS_VALUE_MAX + 2] = {item->alias[0].kind, ':'};
    bool paid;

    memcpy(alias + 2, item->alias[0].value.p, item->alias[0].value.n);
    live_text(shown.person, (Str){alias, item->alias[0].value.n + 2});
    if (item->type == STAGED_EVENT) {
        (void)foreign_amount(foreign, item, &shown.amount_minor);
        live_text(shown.event, item->name);
        live_text(shown.platform, rules_platform(rules, &item->tuple, &paid));
    } else {
        shown.at_ms = entry->received_ms;
    }
    live_put(live, &shown);
}

void live_show(struct live *live, const struct rules *rules, const struct foreign *foreign,
               const struct raw_entry *entry, const struct decoded *decoded)
{
    for (uint32_t i = 0; i < decoded->n; i++) show_item(live, rules, foreign, entry, &decoded->items[i]);
    for (uint32_t i = 0; i < decoded->n_rejects; i++) {
        struct live_item bad = {
            .received_ms = entry->received_ms,
            .at_ms = entry->received_ms,
            .source_id = entry->source_id,
            .type = raw_kind_name(decoded->rejects[i].kind),
            .state = "rejected",
        };
        live_text(bad.reason, str_of(decoded->rejects[i].reason));
        live_put(live, &bad);
    }
}
