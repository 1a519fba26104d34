/* ads/days_int.h -- one call's rows beside what is stored of the same campaigns. */
#ifndef ADS_DAYS_INT_H
#define ADS_DAYS_INT_H

#include "ads/day_sums.h"
#include "ads/days.h"
#include "base/dict.h"

#define KEY_MAX 1024 /* bytes of any key below: a number or two, and two texts of at most AD_TEXT_MAX */

/* A text as rows say it, by the latest of their days. */
struct said {
    Str text;
    int32_t day;
};

/* Ids are row ids; 0: not stored yet. last_day: the latest that is stored, INT32_MIN for none. */
struct day_campaign {
    int64_t id;
    Str external_id, name, status;
    int32_t last_day;
    uint32_t channel; /* of its first row, for a new one */
    struct said said_name, said_status;
};

struct day_set {
    uint32_t campaign;
    Str external_id;
    int32_t last_day;
    struct said said_name;
};

struct day_ad {
    int64_t id;
    uint32_t set;
    Str external_id, set_name, name, status;
    int32_t last_day;
    struct said said_name, said_status;
};

enum day_state { DAY_NEW, DAY_DIFFERS, DAY_SAME };

/* A row of ad_day to be: those of the call with its key, added up. */
struct day_row {
    uint32_t ad;
    int32_t day;
    Str placement, country, currency;
    uint32_t channel;
    enum day_state state;
    int64_t count[AD_COUNTS];
    int64_t also_import; /* whose figures are kept beside those of the call's import; 0: nobody's */
};

struct day_gone {
    uint32_t ad;
    int32_t day;
    Str placement, country;
};

/* The i-th of an array is that whose key has the number i in the dictionary. */
struct day_work {
    struct db *db;
    const struct ad_source *source;
    struct arena *arena;
    int64_t account, now_ms;
    bool replace;
    int32_t first, last; /* the days to compare with */
    struct dict *channels, *campaigns, *sets, *ads, *rows, *texts;
    int64_t *channel_id;
    struct day_campaign *campaign;
    struct day_set *set;
    struct day_ad *ad;
    struct day_row *row;
    struct day_gone *gone;
    size_t n_gone;
    size_t channel_cap, campaign_cap, set_cap, ad_cap, row_cap, gone_cap;
    struct ad_change change;
};

/* The number of a campaign, group or ad; made with nothing known of it when it is new. Ids are copied. */
uint32_t day_campaign_of(struct day_work *work, Str external_id);
uint32_t day_set_of(struct day_work *work, uint32_t campaign, Str external_id);
uint32_t day_ad_of(struct day_work *work, uint32_t set, Str external_id);
Str day_row_key(char *key, uint32_t ad, int32_t day, Str placement, Str country);

static inline uint32_t day_ad_campaign(const struct day_work *work, uint32_t ad)
{
    return work->set[work->ad[ad].set].campaign;
}

/* Room for one more than `n` things of `size`; what is new is zero. */
void *day_room(void *p, size_t size, size_t n, size_t *cap);

/* days_gather.c: the rows of the call, checked and added up. */
bool days_gather(struct day_work *work, const struct ad_row *rows, size_t n, struct err *err) MUST_CHECK;
/* days_store.c: reads what is stored of them (marks rows DIFFERS and SAME, lists those that are gone), then writes. */
bool days_compare(struct day_work *work, struct err *err) MUST_CHECK;
bool days_write(struct day_work *work, struct err *err) MUST_CHECK;

#endif
